import type { ByteSource } from '../message/byte-source.ts'
import { decoded, decodedBytes } from '../message/decode-body.ts'
import { latin1 } from '../message/latin1.ts'
import type { MimePart } from '../message/mime-part.ts'

const begin = '-----BEGIN PGP MESSAGE-----'
const end = '-----END PGP MESSAGE-----'

/** Blanks and a byte order mark around the armor are no text. */
const headBytes = 256
const tailBytes = 256

/** Whether a text is one armored OpenPGP message and nothing else (EFAIL: nothing may stand beside it). */
export async function isOpenPgpText(source: ByteSource, part: MimePart): Promise<boolean> {
  const head = latin1(await decodedBytes(source, part, headBytes))
  if (
    !head
      .replace(/^\u00ef\u00bb\u00bf/, '')
      .trimStart()
      .startsWith(begin)
  )
    return false
  let tail = ''
  let blocks = 0
  for await (const piece of decoded(source, part)) {
    const text = tail + latin1(piece)
    // What was counted with the piece before does not count again: only the end mark could lie across.
    blocks += countOf(text, end) - countOf(tail, end)
    tail = text.slice(-tailBytes)
  }
  return blocks === 1 && tail.trimEnd().endsWith(end)
}

/** Whether an OpenPGP message begins at a line of the first 64 KiB of a text. */
export async function mentionsOpenPgpMessage(source: ByteSource, part: MimePart): Promise<boolean> {
  const text = latin1(await decodedBytes(source, part, 64 * 1024))
  return text.startsWith(begin) || text.includes(`\n${begin}`)
}

function countOf(text: string, words: string): number {
  let count = 0
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + words.length)) count += 1
  return count
}
