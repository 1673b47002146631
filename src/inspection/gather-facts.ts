import { type InboundFacts, noProtection } from '../message/facts.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { comparableDomain } from '../policy/pattern.ts'
import type { Relations } from '../storage/relations.ts'
import type { Authenticate } from './authenticate.ts'
import type { Scan } from './clamd.ts'
import { attachedFiles, officeIn } from './office-files.ts'

/** Whom the facts are asked of. */
export interface FactSources {
  readonly authenticate: Authenticate
  readonly scan: Scan
  readonly relations: Pick<Relations, 'find'>
  readonly now: () => Date
  /** Our own mail domains. */
  readonly ownDomains: readonly string[]
}

/**
 * Asks DNS, scanner and history about an inbound message: the only step of the judgement that asks anybody. Bad mail
 * and servers that are down become facts; a store that cannot be read fails, and so defers the message.
 */
export async function gatherInboundFacts(
  message: ReceivedMessage,
  sources: FactSources,
  signal: AbortSignal,
): Promise<InboundFacts> {
  // What the others still do is not waited for once one has failed.
  const ended = new AbortController()
  const together = AbortSignal.any([signal, ended.signal])
  try {
    const [{ authentication, relations }, scan, files] = await Promise.all([
      authorAndRelations(message, sources, together),
      sources.scan(message.source.stream(), together),
      attachedFiles(message, together),
    ])
    const domain = authentication.author?.domain
    return {
      authentication,
      scan,
      files,
      office: officeIn(files),
      relations,
      ownDomain:
        domain !== undefined && sources.ownDomains.some((own) => isWithin(domain, comparableDomain(own))),
      ambiguities: message.tree.ambiguities,
      protection: noProtection,
    }
  } finally {
    ended.abort(gathered)
  }
}

/** Made once: the usual reason is an error with a stack of its own for each message, which costs more than the abort. */
const gathered = new Error('the facts are gathered')

async function authorAndRelations(message: ReceivedMessage, sources: FactSources, signal: AbortSignal) {
  const authentication = await sources.authenticate(message, signal)
  const author = authentication.author?.address
  const now = sources.now()
  const relations = await Promise.all(
    message.recipients.map((recipient) =>
      author === undefined ? noRelation : sources.relations.find(author, recipient, now),
    ),
  )
  return { authentication, relations }
}

const noRelation = { pair: 0, address: 0, domain: 0, firstAt: undefined, lastAt: undefined }

/** Nobody outside writes from a domain below one of ours either, unless it proves it. */
function isWithin(domain: string, own: string): boolean {
  return domain === own || domain.endsWith(`.${own}`)
}
