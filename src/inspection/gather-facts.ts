import { authorOf } from '../message/address.ts'
import type { Workspace } from '../message/byte-source.ts'
import { type InboundFacts, type ScanResult, unaskedFacts } from '../message/facts.ts'
import { isBulk } from '../message/is-bulk.ts'
import type { OpenedMessage } from '../message/opened-message.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { isOwnDomain } from '../policy/is-own-domain.ts'
import type { RecalledSender, TrustMemory } from '../storage/trust-memory.ts'
import type { Weights } from '../trust/weights.ts'
import { askMemory } from './ask-memory.ts'
import type { Authenticate } from './authenticate.ts'
import type { Scan } from './clamd.ts'
import { clientFacts } from './client-facts.ts'
import type { ScoreContent } from './content-scorer/content-scorer.ts'
import type { DnsLists } from './dns-lists.ts'
import type { FindDeception } from './find-deception.ts'
import { dangerousFiles } from './forbidden-files.ts'
import { domainOfSender } from './list-names.ts'
import { attachedFiles, officeIn } from './office-files.ts'

/** Whom the facts are asked of. */
export interface FactSources {
  readonly authenticate: Authenticate
  /** Takes the protection off. */
  readonly open: (
    message: ReceivedMessage,
    workspace: Workspace,
    signal: AbortSignal,
  ) => Promise<OpenedMessage>
  readonly scan: Scan
  readonly scoreContent: ScoreContent
  readonly findDeception: FindDeception
  readonly memory: Pick<TrustMemory, 'recall'>
  readonly weights: () => Weights
  readonly now: () => Date
  readonly askLists: DnsLists['ask']
  /** Our own mail domains. */
  readonly ownDomains: readonly string[]
}

/** What was found out, and the message in which it was found. */
export interface GatheredFacts {
  readonly facts: InboundFacts
  /** The paths of `facts.files` are those of its message. */
  readonly opened: OpenedMessage
  /** For what is learned of the sender when the message was judged. */
  readonly sender: RecalledSender
}

/**
 * Opens an inbound message and asks DNS, scanner and history about it: the only step of the judgement that asks anybody.
 * The sender is authenticated by the bytes as they came, files are looked for in what was inside, and both are scanned.
 * Bad mail and servers that are down become facts; a store that cannot be read fails, and so defers the message.
 */
export async function gatherInboundFacts(
  message: ReceivedMessage,
  sources: FactSources,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<GatheredFacts> {
  // What the others still do is not waited for once one has failed.
  const ended = new AbortController()
  const together = AbortSignal.any([signal, ended.signal])
  // It ends by itself, and soon.
  const lists = listsAbout(message, sources)
  try {
    const opening = sources.open(message, workspace, together)
    const [{ authentication, recalled }, asItCame, { opened, files, forbidden, inside }, content, deception] =
      await Promise.all([
        authorAndMemory(message, opening, sources, together),
        sources.scan(message.source.stream(), together),
        lookInside(message, opening, sources, together),
        sources.scoreContent(message, together),
        sources.findDeception(authorOf(message.fields)),
      ])
    const { relations, history, reply, sender } = recalled
    const domain = authentication.author?.domain
    const facts: InboundFacts = {
      ...unaskedFacts,
      authentication,
      scan: worseOf(asItCame, inside),
      files,
      office: officeIn(files),
      forbidden,
      content,
      deception,
      relations,
      history,
      reply,
      ownDomain: domain !== undefined && isOwnDomain(domain, sources.ownDomains),
      ambiguities: [...new Set([...message.tree.ambiguities, ...opened.message.tree.ambiguities])].sort(),
      protection: opened.protection,
      client: clientFacts(message.client),
      lists: await lists,
      isBulk: isBulk(message.fields),
    }
    return { facts, opened, sender }
  } finally {
    ended.abort(gathered)
  }
}

/** The client and the envelope sender were asked about when they came. */
function listsAbout({ client, sender, fields }: ReceivedMessage, { askLists }: FactSources) {
  const found = authorOf(fields)
  return askLists({
    ip: client.address,
    author: found.kind === 'author' ? found.domain : undefined,
    envelope: domainOfSender(sender),
  })
}

/** Made once: the usual reason is an error with a stack of its own for each message, which costs more than the abort. */
const gathered = new Error('the facts are gathered')

/** What was inside is scanned by itself: a scanner sees nothing through a cipher, nor through a signature around it. */
async function lookInside(
  message: ReceivedMessage,
  opening: Promise<OpenedMessage>,
  sources: FactSources,
  signal: AbortSignal,
) {
  const opened = await opening
  const isSame = opened.message === message
  // A damaged box takes the time of one that was opened: who sends variants of a copied ciphertext must not see by it
  // which of them were well formed inside (Vaudenay's padding oracle).
  const isDamaged = opened.protection.layers.some(
    (layer) => layer.kind === 'closed' && layer.reason === 'damaged',
  )
  const [inside, files, forbidden] = await Promise.all([
    isSame && !isDamaged ? undefined : sources.scan(opened.message.source.stream(), signal),
    attachedFiles(opened.message, signal),
    dangerousFiles(opened.message, signal),
  ])
  return { opened, inside, files, forbidden }
}

function worseOf(one: ScanResult, other: ScanResult | undefined): ScanResult {
  if (!other || one.kind === 'infected' || other.kind === 'clean') return one
  return other
}

/** A signature inside proves the author too, so the memory is asked when both are known. */
async function authorAndMemory(
  message: ReceivedMessage,
  opening: Promise<OpenedMessage>,
  sources: FactSources,
  signal: AbortSignal,
) {
  const [authentication, { protection }] = await Promise.all([sources.authenticate(message, signal), opening])
  const found = { authentication, protection }
  const recalled = await askMemory(sources.memory, message, found, sources.now(), sources.weights())
  return { authentication, recalled }
}
