import { childrenOf, oidOf, readDer } from '../../keys/x509/read-der.ts'
import { setOf } from '../../keys/x509/write-der.ts'
import type { ByteSource } from '../../message/byte-source.ts'
import { type BerOctets, BerReader } from './ber-reader.ts'
import { EnvelopeProblem } from './closed-envelope.ts'
import { type AlgorithmIdentifier, type Recipient, readAlgorithm, readRecipients } from './read-recipients.ts'

/** An EnvelopedData or AuthEnvelopedData taken apart; its ciphertext stays where it is. */
export interface EnvelopeParts {
  readonly isAuthEnveloped: boolean
  readonly recipients: readonly Recipient[]
  readonly algorithm: AlgorithmIdentifier
  readonly ciphertext: BerOctets
  /** DER of authAttrs as SET OF, which the tag covers (RFC 5083 2.2); empty without. */
  readonly authenticatedAttributes: Uint8Array
  /** The tag; empty for EnvelopedData. */
  readonly mac: Uint8Array
}

/** A CMS content that is no envelope. */
export type OtherContent = { readonly kind: 'signed' | 'compressed' | 'other' }

/** Nobody writes to more people at once, and each costs the search for a key. */
const maxRecipients = 500
/** 500 recipients by RSA-8192 with names of 1 KB each are half of it. */
const maxRecipientBytes = 2 * 1024 * 1024
/** Algorithms and authenticated attributes. */
const maxFieldBytes = 64 * 1024

const envelopedData = '1.2.840.113549.1.7.3'
const authEnvelopedData = '1.2.840.113549.1.9.16.1.23'
const otherContents: ReadonlyMap<string, OtherContent['kind']> = new Map([
  ['1.2.840.113549.1.7.2', 'signed'],
  ['1.2.840.113549.1.9.16.1.9', 'compressed'],
])

/**
 * Takes an envelope apart (RFC 5652 6.1, RFC 5083 2.1) and walks through it to its end, so that what is cut off shows
 * before any key is used. Bytes behind it are nobody's concern. Throws MalformedBer, MalformedDer, EnvelopeProblem.
 */
export function readEnvelopeParts(cms: ByteSource): EnvelopeParts | OtherContent {
  const reader = new BerReader(cms)
  reader.enter(0x30)
  const contentType = oidOf(readDer(reader.der(maxFieldBytes)))
  const isAuthEnveloped = contentType === authEnvelopedData
  if (contentType !== envelopedData && !isAuthEnveloped)
    return { kind: otherContents.get(contentType) ?? 'other' }
  reader.enter(0xa0)
  reader.enter(0x30)
  // version; then originatorInfo, certificates of the sender that no cipher here needs
  skipTag(reader, 0x02)
  if (reader.peek()?.tag === 0xa0) reader.skip()
  const recipients = readRecipientInfos(reader)
  reader.enter(0x30)
  skipTag(reader, 0x06)
  const algorithm = readAlgorithm(readDer(reader.der(maxFieldBytes)))
  const ciphertext = reader.octets(0x80)
  // RFC 5652 6.3: padding makes one block even of nothing.
  if (ciphertext.size === 0 && !isAuthEnveloped) throw new EnvelopeProblem('damaged', 'nothing inside')
  reader.leave()
  const parts = { isAuthEnveloped, recipients, algorithm, ciphertext }
  const closing = isAuthEnveloped ? readAuthentication(reader) : unauthenticated
  for (let open = 3; open > 0; open--) reader.leave()
  return { ...parts, ...closing }
}

type Authentication = Pick<EnvelopeParts, 'authenticatedAttributes' | 'mac'>

const unauthenticated: Authentication = { authenticatedAttributes: new Uint8Array(0), mac: new Uint8Array(0) }

function readRecipientInfos(reader: BerReader): readonly Recipient[] {
  const recipients: Recipient[] = []
  reader.enter(0x31)
  let bytesLeft = maxRecipientBytes
  for (let infos = 1; reader.peek(); infos++) {
    if (bytesLeft <= 0) throw new EnvelopeProblem('too-large', `recipients above ${maxRecipientBytes} bytes`)
    const info = reader.der(bytesLeft)
    bytesLeft -= info.length
    recipients.push(...readRecipients(readDer(info)))
    if (infos > maxRecipients || recipients.length > maxRecipients)
      throw new EnvelopeProblem('too-large', `more than ${maxRecipients} recipients`)
  }
  reader.leave()
  return recipients
}

function readAuthentication(reader: BerReader): Authentication {
  let { authenticatedAttributes } = unauthenticated
  if (reader.peek()?.tag === 0xa1) {
    const attributes = childrenOf(readDer(reader.der(maxFieldBytes)))
    authenticatedAttributes = setOf(...attributes.map(({ encoded }) => encoded))
  }
  const mac = readDer(reader.der(maxFieldBytes))
  if (mac.tag !== 0x04) throw new EnvelopeProblem('damaged', 'no authentication tag')
  return { authenticatedAttributes, mac: mac.content }
}

function skipTag(reader: BerReader, tag: number): void {
  if (reader.peek()?.tag !== tag) throw new EnvelopeProblem('damaged', 'not the structure of an envelope')
  reader.skip()
}
