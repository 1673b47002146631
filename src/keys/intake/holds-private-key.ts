import type { ByteSource } from '../../message/byte-source.ts'
import { decodedBytes } from '../../message/decode-body.ts'
import { latin1 } from '../../message/latin1.ts'
import type { MimePart } from '../../message/mime-part.ts'
import { armorBlocks } from '../openpgp/openpgp-armor.ts'

/** A private key with its chain has 10 KB. */
const mostBytes = 1024 * 1024
/** All parts together: behind as much of other content nobody keeps a key. */
const mostTogether = 16 * mostBytes

/**
 * Whether a private key is anywhere in a mail, by content alone: PEM, PKCS#8, PKCS#1, PKCS#12, OpenPGP, encrypted or not, attached
 * or pasted into the text, also in messages attached to it.
 */
export async function holdsPrivateKey(source: ByteSource, root: MimePart): Promise<boolean> {
  let room = mostTogether
  for (const part of leavesOf(root)) {
    const bytes = await decodedBytes(source, part, Math.min(mostBytes, room))
    if (isPrivateKey(bytes)) return true
    room -= bytes.length
    if (room <= 0) return false
  }
  return false
}

function* leavesOf(part: MimePart): Generator<MimePart> {
  if (part.children.length === 0) yield part
  for (const child of part.children) yield* leavesOf(child)
}

/** The labels of RFC 7468 10 and 11, of OpenSSL and OpenSSH, and of RFC 9580 6.2.1. */
const privateLabel = /-----BEGIN (?:(?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?|PKCS ?#?12)-----/

/** Whether a file is a private key, or a text holds one. Where only the password would tell, it is taken for one. */
export function isPrivateKey(bytes: Uint8Array): boolean {
  // Windows writes text files with two bytes to a character, too.
  const text = latin1(bytes).replaceAll('\0', '')
  if (privateLabel.test(text)) return true
  if (holdsSecretPacket(bytes) || isPrivateDer(bytes)) return true
  // Whatever its label says.
  return (
    text.includes('-----BEGIN PGP ') && armorBlocks(bytes).some(({ content }) => holdsSecretPacket(content))
  )
}

interface Header {
  readonly tag: number
  readonly start: number
  /** undefined: indefinite, as Windows writes PKCS#12 (X.690 8.1.3.6). */
  readonly length: number | undefined
}

function headerAt(bytes: Uint8Array, at: number): Header | undefined {
  const [tag, first] = [bytes[at], bytes[at + 1]]
  if (tag === undefined || first === undefined) return undefined
  if (first === 0x80) return { tag, start: at + 2, length: undefined }
  if (first < 0x80) return { tag, start: at + 2, length: first }
  const count = first - 0x80
  if (count > 4) return undefined
  let length = 0
  for (let index = 0; index < count; index += 1) length = length * 256 + (bytes[at + 2 + index] ?? 0)
  return { tag, start: at + 2 + count, length }
}

const [sequence, integer, octets, identifier] = [0x30, 0x02, 0x04, 0x06]
/** 1.2.840.113549.1: PKCS. Its arcs 5 and 12.1 are encryption by password, 7 the content types. */
const pkcs = '2a864886f70d01'

/** PFX (RFC 7292 4), PrivateKeyInfo (RFC 5208 5), EncryptedPrivateKeyInfo (6), RSAPrivateKey (RFC 8017 A.1.2), ECPrivateKey (RFC 5915 3). */
function isPrivateDer(bytes: Uint8Array): boolean {
  const outer = headerAt(bytes, 0)
  const first = outer && headerAt(bytes, outer.start)
  if (outer?.tag !== sequence || !first) return false
  if (first.tag === sequence) {
    const name = identifierAt(bytes, first.start)
    return name.startsWith(`${pkcs}05`) || name.startsWith(`${pkcs}0c01`)
  }
  if (first.tag !== integer || first.length !== 1) return false
  const version = bytes[first.start]
  const second = headerAt(bytes, first.start + 1)
  if (version === 3)
    return second?.tag === sequence && identifierAt(bytes, second.start).startsWith(`${pkcs}07`)
  if (version !== 0 && version !== 1) return false
  if (second?.tag === sequence) return identifierAt(bytes, second.start) !== ''
  return second?.tag === integer || second?.tag === octets
}

/** The content of an OBJECT IDENTIFIER in hex; '' where there is none. */
function identifierAt(bytes: Uint8Array, at: number): string {
  const header = headerAt(bytes, at)
  if (header?.tag !== identifier || header.length === undefined || header.length > 32) return ''
  return Buffer.from(bytes.subarray(header.start, header.start + header.length)).toString('hex')
}

const [secretKey, publicKey, secretSubkey] = [5, 6, 7]
/** More than any file of keys has. */
const mostPackets = 10_000

/** Binary OpenPGP keys of which one is secret (RFC 9580 4.2, 5.5.3). */
function holdsSecretPacket(bytes: Uint8Array): boolean {
  for (let at = 0, packets = 0; at < bytes.length && packets < mostPackets; packets += 1) {
    const packet = packetAt(bytes, at)
    if (!packet) return false
    const version = bytes[packet.start] ?? 0
    const isKey = [secretKey, publicKey, secretSubkey].includes(packet.tag) && version >= 2 && version <= 6
    if (isKey && packet.tag !== publicKey) return true
    if (packets === 0 && !isKey) return false
    at = packet.start + packet.length
  }
  return false
}

function packetAt(bytes: Uint8Array, at: number): { tag: number; start: number; length: number } | undefined {
  const [head = 0, first = 0] = [bytes[at], bytes[at + 1]]
  if ((head & 0x80) === 0) return undefined
  const numberAt = (start: number, count: number) =>
    bytes.subarray(start, start + count).reduce((sum, byte) => sum * 256 + byte, 0)
  if ((head & 0x40) !== 0) {
    const tag = head & 0x3f
    if (first < 192) return { tag, start: at + 2, length: first }
    if (first < 224) return { tag, start: at + 3, length: (first - 192) * 256 + (bytes[at + 2] ?? 0) + 192 }
    // RFC 9580 4.2.1.4: keys have no partial lengths.
    return first === 255 ? { tag, start: at + 6, length: numberAt(at + 2, 4) } : undefined
  }
  const tag = (head >> 2) & 0x0f
  const kind = head & 0x03
  if (kind === 3) return { tag, start: at + 1, length: bytes.length }
  const count = 1 << kind
  return { tag, start: at + 1 + count, length: numberAt(at + 1, count) }
}
