import { Base64Decoder } from '../message/base64.ts'
import type { ByteSource } from '../message/byte-source.ts'
import { decodedBytes } from '../message/decode-body.ts'
import { latin1, latin1Bytes } from '../message/latin1.ts'
import type { MimePart } from '../message/mime-part.ts'
import { isOpenPgpText } from './openpgp-text.ts'

/** Room for the session keys of some hundred recipients, 530 bytes each with RSA-4096, in base64. */
const headBytes = 128 * 1024

/** Packets (RFC 9580 5): session keys to keys and to passwords, the marker; then the encrypted data. */
const sessionKey = 1
const beforeData = [sessionKey, 3, 10]
const encryptedData = [18, 20]

/**
 * Whether a part is one armored OpenPGP message that is encrypted to at least one key. Armor alone says nothing: inside
 * may be text that is signed, compressed or just packed.
 */
export async function isEncryptedOpenPgp(source: ByteSource, part: MimePart): Promise<boolean> {
  if (!(await isOpenPgpText(source, part))) return false
  const text = latin1(await decodedBytes(source, part, headBytes))
  // RFC 9580 6.2: header lines, an empty line, base64.
  const blank = /-----\r?\n(?:[^\r\n]{1,1000}\r?\n){0,20}?[ \t]*\r?\n/.exec(text)
  if (!blank) return false
  const base64 = text.slice(blank.index + blank[0].length).split(/\r?\n[=-]/, 1)[0] ?? ''
  return beginsEncrypted(new Base64Decoder().push(latin1Bytes(base64)))
}

function beginsEncrypted(bytes: Uint8Array): boolean {
  let keys = 0
  for (let at = 0; at < bytes.length; ) {
    const packet = packetAt(bytes, at)
    if (!packet) return false
    if (encryptedData.includes(packet.tag)) return keys > 0
    if (!beforeData.includes(packet.tag) || packet.end === undefined) return false
    if (packet.tag === sessionKey) keys += 1
    at = packet.end
  }
  return false
}

/** Tag and end of the packet at `at`, in both formats (RFC 9580 4.2); no end where it comes in pieces. */
function packetAt(
  bytes: Uint8Array,
  at: number,
): { readonly tag: number; readonly end: number | undefined } | undefined {
  const head = bytes[at] ?? 0
  const first = bytes[at + 1]
  if (first === undefined || (head & 0x80) === 0) return undefined
  const number = (start: number, count: number) =>
    bytes.subarray(start, start + count).reduce((sum, byte) => sum * 256 + byte, 0)
  if ((head & 0x40) === 0) {
    const count = [1, 2, 4, 0][head & 3] ?? 0
    const end = count === 0 ? undefined : at + 1 + count + number(at + 1, count)
    return { tag: (head >> 2) & 0x0f, end }
  }
  const tag = head & 0x3f
  if (first < 192) return { tag, end: at + 2 + first }
  if (first < 224) return { tag, end: at + 3 + (first - 192) * 256 + (bytes[at + 2] ?? 0) + 192 }
  return { tag, end: first === 255 ? at + 6 + number(at + 2, 4) : undefined }
}
