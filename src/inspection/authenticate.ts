import { Readable } from 'node:stream'
import { type AuthenticateResult, type DNSResolver, authenticate as verify } from 'mailauth'
import { TemporaryFailure } from '../failure.ts'
import { authorOf } from '../message/address.ts'
import type { AuthenticationFacts, AuthenticationResult } from '../message/facts.ts'
import type { HeaderField } from '../message/header-field.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { comparableDomain } from '../policy/pattern.ts'
import { areAligned } from './are-aligned.ts'
import { chooseSignatures } from './choose-signatures.ts'
import { coversHeader } from './covers-header.ts'
import { forwardedBy } from './forwarded-by.ts'
import { type Lookup, type LookupLimits, lookupsOfOneMessage, type MessageLookup } from './resolver.ts'
import { spfReach } from './spf-reach.ts'

type Author = NonNullable<AuthenticationFacts['author']>
type DkimFact = AuthenticationFacts['dkim'][number]

/**
 * 15 s in all leave time before Postfix gives up after 300 s (milter_content_timeout). 60 questions: SPF may ask about
 * 30 (10 terms, their addresses), DMARC 8 for each tree walk, the 10 signatures one each, a long ARC chain the rest.
 */
const lookupLimits: LookupLimits = { totalMs: 15_000, lookups: 60 }

/** RFC 8301 3.2: shorter RSA keys prove nothing. */
const minBitLength = 1024

/** Who sent the message, by SPF, DKIM, DMARC and ARC. What could not be found out is temperror, never none or fail. */
export type Authenticate = (message: ReceivedMessage, signal: AbortSignal) => Promise<AuthenticationFacts>

/**
 * Checks SPF (RFC 7208), DKIM (RFC 6376, 8301, 8463), DMARC (RFC 9989) and ARC (RFC 8617) by mailauth in its strict
 * mode. Bad mail gives bad results, never an error; fails only if the spooled message cannot be read or `signal` is
 * aborted. The header was bounded where it was read (256 KiB, 1000 fields): mailauth takes half a second for 50,000.
 */
export async function authenticate(
  message: ReceivedMessage,
  lookup: Lookup,
  signal: AbortSignal,
  limits: LookupLimits = lookupLimits,
): Promise<AuthenticationFacts> {
  const found = authorOf(message.fields)
  const author = found.kind === 'author' ? { address: found.address, domain: found.domain } : undefined
  const asked = authorFirst(author, lookup, limits, signal)
  const { fields, limited } = chooseSignatures(message.fields, author?.domain)
  try {
    if (isSmall(message)) askAhead(message, author, asked)
    const verified = await endingAt(signal, verifiedBy(message, fields, asked))
    const facts = await withReach(factsOf(verified, author, message, limited), message, asked)
    return author && needsSpfOfAuthor(facts, author)
      ? { ...facts, authorPublishesSpf: await publishesSpf(author.domain, asked) }
      : facts
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof TemporaryFailure) throw error
    // A message that mailauth stumbles over: nobody knows who wrote it.
    return unknownFacts(author)
  }
}

/** A tree walk takes 8 at most (RFC 9989 4.10). */
const policyLookups = 10

/**
 * What the author's domain asks for is asked with limits of its own: a message can name so many others, all of them slow, that
 * nobody would hear it, and the mail of a forger would be judged without it at last.
 */
function authorFirst(
  author: Author | undefined,
  lookup: Lookup,
  limits: LookupLimits,
  signal: AbortSignal,
): MessageLookup {
  const others = lookupsOfOneMessage(lookup, limits, signal)
  const asked = new Map<string, MessageLookup>()
  return (name, rrtype) => {
    const [, domain] = /^_dmarc\.(.+?)\.?$/i.exec(name) ?? []
    const isPolicy = domain !== undefined && `.${author?.domain}`.endsWith(`.${domain.toLowerCase()}`)
    if (!isPolicy || (!asked.has(domain) && asked.size >= policyLookups)) return others(name, rrtype)
    const own = asked.get(domain) ?? lookupsOfOneMessage(lookup, limits, signal)
    asked.set(domain, own)
    return own(name, rrtype)
  }
}

/** Most mail: hashing its body takes less time than a question to the DNS. */
const smallBytes = 256 * 1024

function isSmall({ source }: ReceivedMessage): boolean {
  return source.size <= smallBytes
}

/**
 * mailauth asks for the DKIM key, then about SPF, then about DMARC. All of them together take no longer than one.
 * Only what it will ask itself, so that the count of questions stays; not for large messages, whose time for questions
 * would pass while their bodies are hashed.
 */
function askAhead(message: ReceivedMessage, author: Author | undefined, lookup: MessageLookup): void {
  const ahead = (name: string) => {
    // Other names it writes in a way of its own (RFC 8616). What goes wrong, it will see itself.
    if (/^[\w.-]+$/.test(name)) lookup(name, 'TXT').catch(() => {})
  }
  if (message.client.address !== undefined && message.sender.includes('@')) {
    ahead(message.sender.slice(message.sender.lastIndexOf('@') + 1))
  }
  if (author) ahead(`_dmarc.${author.domain}`)
}

function verifiedBy(
  message: ReceivedMessage,
  fields: readonly HeaderField[],
  lookup: MessageLookup,
): Promise<AuthenticateResult> {
  const input = inputOf(message, fields)
  return verify(input, {
    sender: message.sender,
    ...(message.client.address === undefined ? {} : { ip: message.client.address }),
    helo: message.client.helo,
    // Only in texts that we do not use; a name that is no token would throw.
    mta: 'localhost',
    // mailauth's type knows the answers to TXT only; the contract is that of dns.promises.resolve.
    resolver: lookup as DNSResolver,
    minBitLength,
    disableBimi: true,
    strict: true,
  }).finally(() => input instanceof Readable && input.destroy())
}

function inputOf(message: ReceivedMessage, fields: readonly HeaderField[]): Buffer | Readable {
  const { source, bodyStart } = message
  const header = Buffer.from(
    `${fields.map(({ name, value }) => `${name}:${value}\r\n`).join('')}\r\n`,
    'latin1',
  )
  if (!hasSignature(fields)) return header
  if (isSmall(message)) return Buffer.concat([header, source.read(bodyStart, source.size)])
  return Readable.from(concatenated(header, source.stream(bodyStart)), { objectMode: false })
}

/** Only signatures speak of the body: for all other mail it need not be read. */
function hasSignature(fields: readonly HeaderField[]): boolean {
  const names = ['dkim-signature', 'arc-message-signature']
  return fields.some(({ name }) => names.includes(name.trim().toLowerCase()))
}

async function* concatenated(
  header: Uint8Array,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield header
  yield* body
}

function factsOf(
  verified: AuthenticateResult,
  author: Author | undefined,
  message: ReceivedMessage,
  limited: readonly DkimFact[],
): AuthenticationFacts {
  const record = verified.dmarc && verified.dmarc.status.result !== 'none' ? verified.dmarc : undefined
  // RFC 9989 5.3.1, and two readings of one From field are a way to show one author and authenticate another.
  const sameAuthor = author !== undefined && domainOf(verified) === author.domain
  const alignedByPolicy = record?.alignment
  const aligned = (domain: string) => sameAuthor && areAligned(domain, author.domain)
  const dkim = verified.dkim.results.flatMap((result): DkimFact[] => {
    if (!result.signingDomain) return []
    const domain = comparableDomain(result.signingDomain)
    return [
      {
        result: resultOf(result.status.result),
        domain,
        selector: result.selector ?? '',
        aligned: sameAuthor && (alignedByPolicy ? Boolean(result.status.aligned) : aligned(domain)),
        bodyLengthLimited: result.canonBodyLengthLimited === true,
        headerIncomplete: !coversHeader(message.fields, result.signature ?? ''),
      },
    ]
  })
  const spfDomain =
    verified.spf && verified.spf.domain !== '-' ? comparableDomain(verified.spf.domain) : undefined
  const policy = record?.policy
  const arc = resultOf(verified.arc ? verified.arc.status.result : false)
  const spfResult =
    // RFC 7208 4.1 asks for the client's address; a local client has none, so there is nothing to check.
    message.client.address === undefined
      ? 'none'
      : resultOf(verified.spf ? verified.spf.status.result : false)
  // RFC 9989 5.4: no proof, and a check that could have been one has no answer: nobody knows whether it fails.
  const couldBeSpf =
    spfResult === 'temperror' &&
    (spfDomain === undefined ||
      (alignedByPolicy?.spf.strict ? spfDomain === author?.domain : aligned(spfDomain)))
  const couldPass =
    couldBeSpf || dkim.some((signature) => signature.aligned && signature.result === 'temperror')
  const dmarcResult = (text: string | false) => {
    const result = resultOf(text)
    return result === 'fail' && couldPass ? 'temperror' : result
  }
  // `chooseSignatures` left them out already; should the verifier read one where we did not, it must not count.
  const isLimited = dkim.some(({ bodyLengthLimited, result }) => bodyLengthLimited && result === 'pass')
  return {
    author: sameAuthor || !author ? author : undefined,
    spf: {
      result: spfResult,
      domain: spfDomain,
      aligned:
        sameAuthor &&
        spfDomain !== undefined &&
        (alignedByPolicy ? alignedByPolicy.spf.result !== undefined : aligned(spfDomain)),
    },
    dkim: [...dkim, ...limited],
    dmarc: {
      result:
        verified.dmarc && sameAuthor && !isLimited ? dmarcResult(verified.dmarc.status.result) : 'permerror',
      policy: policy === 'none' || policy === 'quarantine' || policy === 'reject' ? policy : undefined,
    },
    arc,
    forwarded:
      arc === 'pass' && author && sameAuthor ? forwardedBy(message.fields, author.domain) : undefined,
  }
}

/** Only where SPF is the best proof of the author's domain. */
async function withReach(
  facts: AuthenticationFacts,
  message: ReceivedMessage,
  lookup: MessageLookup,
): Promise<AuthenticationFacts> {
  const { spf, dkim } = facts
  const isSigned = dkim.some(
    (each) =>
      each.result === 'pass' && each.aligned && !each.bodyLengthLimited && each.headerIncomplete !== true,
  )
  const { address } = message.client
  if (spf.result !== 'pass' || !spf.aligned || !spf.domain || isSigned || address === undefined) return facts
  return { ...facts, spf: { ...spf, reach: await spfReach(spf.domain, address, lookup) } }
}

/** The author's domain as mailauth read the From field; undefined if it saw none or several. */
function domainOf(verified: AuthenticateResult): string | undefined {
  if (verified.dkim.fromFields !== 1) return undefined
  const domains = new Set(
    verified.dkim.headerFrom.map((address) => comparableDomain(address.slice(address.lastIndexOf('@') + 1))),
  )
  return domains.size === 1 ? [...domains][0] : undefined
}

/** Only where it can matter: no other proof that the author's domain has its mail authenticated. */
function needsSpfOfAuthor(facts: AuthenticationFacts, author: Author): boolean {
  const authenticated =
    facts.spf.aligned || facts.dkim.some(({ result, aligned }) => aligned && result === 'pass')
  return !authenticated && facts.dmarc.result === 'none' && facts.spf.domain !== author.domain
}

async function publishesSpf(domain: string, lookup: MessageLookup): Promise<boolean | undefined> {
  try {
    const texts = await lookup(domain, 'TXT')
    return texts.some((text) => /^v=spf1( |$)/i.test(Array.isArray(text) ? text.join('') : String(text)))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'ENOTFOUND' || code === 'ENODATA' ? false : undefined
  }
}

const results: readonly string[] = [
  'pass',
  'fail',
  'softfail',
  'neutral',
  'none',
  'temperror',
  'permerror',
  'policy',
] satisfies AuthenticationResult[]

function resultOf(text: string | false): AuthenticationResult {
  if (text === false) return 'none'
  return results.includes(text) ? (text as AuthenticationResult) : 'temperror'
}

function unknownFacts(author: Author | undefined): AuthenticationFacts {
  return {
    author,
    spf: { result: 'temperror', domain: undefined, aligned: false },
    dkim: [],
    dmarc: { result: 'temperror', policy: undefined },
    arc: 'temperror',
  }
}

function endingAt<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const end = () => reject(signal.reason)
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })
}
