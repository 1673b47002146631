import type { ByteSource } from '../../message/byte-source.ts'
import { dearmored, MalformedOpenPgp } from './dearmor.ts'

/** A session key packet for one recipient, as it stands at the front of a message (RFC 9580 5.1). */
export interface SessionKeyPacket {
  /** 16 digits of lower-case hex; undefined: the recipient is hidden. */
  readonly keyId: string | undefined
  /** The whole packet. */
  readonly packet: Uint8Array
}

/** What can be known of an encrypted message without a key. */
export interface MessageOutline {
  readonly recipients: readonly SessionKeyPacket[]
  /** Passwords that open it (RFC 9580 5.3). */
  readonly passwords: number
  /** `integrity` and `aead` packets tell changes; `bare` ones (tag 9) do not; `other` is no encrypted data. */
  readonly protection: 'integrity' | 'aead' | 'bare' | 'other'
  /** Of the encrypted data packet, its header included, and where it starts in the dearmored message. */
  readonly dataStart: number
  /** Its first bytes behind the header: version, ciphers, salt. */
  readonly dataHead: Uint8Array
}

/** 1000 recipients with RSA-4096 are 0.5 MB. */
const longestFront = 1024 * 1024
const mostSessionKeys = 1000
/** RFC 9580 5.13.2: version, cipher, mode, chunk size, 32 of salt. The shortest encrypted data has more. */
const headBytes = 36

const tagOf = {
  publicKeySession: 1,
  passwordSession: 3,
  bareData: 9,
  marker: 10,
  integrityData: 18,
  aeadData: 20,
  padding: 21,
}

/** Reads the packets in front of the encrypted data. Fails with MalformedOpenPgp. */
export async function messageOutline(source: ByteSource): Promise<MessageOutline> {
  const front = await frontOf(dearmored(source), 64 * 1024)
  const outline = readOutline(front.bytes)
  if (outline) return outline
  if (front.isWhole) throw new MalformedOpenPgp('message without content')
  const longer = await frontOf(dearmored(source), longestFront)
  const again = readOutline(longer.bytes)
  if (!again) throw new MalformedOpenPgp('too many recipients, or no content')
  return again
}

/** How a key id of a recipient who is not to be seen is written (RFC 9580 5.1.8). */
const hidden = '0000000000000000'

/**
 * The ids of the keys that a message is encrypted to, each once, 16 digits of lower-case hex; zeros stand for a recipient
 * that is hidden. Cheap: for asking the key store which private keys are wanted. Nothing for what is no message.
 */
export async function messageKeyIds(source: ByteSource): Promise<readonly string[]> {
  try {
    const { recipients } = await messageOutline(source)
    return [...new Set(recipients.map(({ keyId }) => keyId ?? hidden))]
  } catch (error) {
    if (error instanceof MalformedOpenPgp) return []
    throw error
  }
}

async function frontOf(pieces: AsyncIterable<Uint8Array>, limit: number) {
  const kept: Uint8Array[] = []
  let length = 0
  for await (const piece of pieces) {
    kept.push(Uint8Array.from(piece))
    length += piece.length
    if (length >= limit) return { bytes: Buffer.concat(kept), isWhole: false }
  }
  return { bytes: Buffer.concat(kept), isWhole: true }
}

/** undefined: the bytes end before the content begins. */
function readOutline(bytes: Buffer): MessageOutline | undefined {
  const recipients: SessionKeyPacket[] = []
  let passwords = 0
  let at = 0
  while (at < bytes.length) {
    const header = readPacketHeader(bytes, at)
    if (!header) return undefined
    const { tag, bodyStart, length } = header
    const protection = protectionOf(tag)
    if (protection) {
      const dataHead = bytes.subarray(bodyStart, bodyStart + headBytes)
      if (protection !== 'other' && dataHead.length < headBytes) return undefined
      return { recipients, passwords, protection, dataStart: at, dataHead }
    }
    if (length === undefined) throw new MalformedOpenPgp('packet of unknown length')
    const end = bodyStart + length
    if (end > bytes.length) return undefined
    if (tag === tagOf.publicKeySession) {
      recipients.push({ keyId: recipientOf(bytes.subarray(bodyStart, end)), packet: bytes.subarray(at, end) })
    }
    if (tag === tagOf.passwordSession) passwords += 1
    if (recipients.length + passwords > mostSessionKeys) throw new MalformedOpenPgp('too many recipients')
    at = end
  }
  return undefined
}

function protectionOf(tag: number): MessageOutline['protection'] | undefined {
  switch (tag) {
    case tagOf.publicKeySession:
    case tagOf.passwordSession:
    case tagOf.marker:
    case tagOf.padding:
      return undefined
    case tagOf.integrityData:
      return 'integrity'
    case tagOf.aeadData:
      return 'aead'
    case tagOf.bareData:
      return 'bare'
  }
  return 'other'
}

/** RFC 9580 4.2. `length` is undefined where it comes in parts or is left to the end. */
function readPacketHeader(bytes: Buffer, at: number) {
  const first = bytes[at] ?? 0
  if ((first & 0x80) === 0) throw new MalformedOpenPgp('no packet where one should be')
  if ((first & 0x40) === 0) {
    const size = [1, 2, 4, 0][first & 3] ?? 0
    if (bytes.length < at + 1 + size) return undefined
    const length = size === 0 ? undefined : bytes.readUIntBE(at + 1, size)
    return { tag: (first >> 2) & 15, bodyStart: at + 1 + size, length }
  }
  const tag = first & 63
  const second = bytes[at + 1]
  if (second === undefined) return undefined
  if (second < 192) return { tag, bodyStart: at + 2, length: second }
  if (second >= 224 && second < 255) return { tag, bodyStart: at + 2, length: undefined }
  const size = second === 255 ? 5 : 2
  if (bytes.length < at + 1 + size) return undefined
  const length =
    second === 255 ? bytes.readUInt32BE(at + 2) : ((second - 192) << 8) + (bytes[at + 2] ?? 0) + 192
  return { tag, bodyStart: at + 1 + size, length }
}

/** RFC 9580 5.1.1, 5.1.2; undefined for hidden recipients. */
function recipientOf(body: Buffer): string | undefined {
  let id: Buffer
  if (body[0] === 6) {
    const length = body[1] ?? 0
    const fingerprint = body.subarray(3, 2 + length)
    // Of version 4 the key id is the end of the fingerprint, later its beginning.
    id = body[2] === 4 ? fingerprint.subarray(-8) : fingerprint.subarray(0, 8)
  } else {
    id = body.subarray(1, 9)
  }
  const hex = id.toString('hex')
  return hex.length < 16 || hex === hidden ? undefined : hex
}
