import { constants, inflateSync } from 'node:zlib'

/** A document has some hundred object streams; what matters stands in those of the catalogue and its names. */
const maxStreams = 200
/** Of each stream so much packed, which is at most 1032 times as much unpacked. */
const maxPackedBytes = 64 * 1024
const maxUnpackedBytes = 2 * 1024 * 1024
const maxAllUnpackedBytes = 32 * 1024 * 1024

/**
 * Which of these words (lower-case ASCII) occur in a PDF: in its bytes, as UTF-16 or hexadecimal strings, and in its
 * compressed object streams (ISO 32000-1 7.5.7). No structure is believed, so nothing can be hidden by breaking it.
 */
export function findInPdf(pdf: Buffer, words: readonly string[]): Set<string> {
  const found = new Set<string>()
  const look = (text: string) => {
    const lower = text.toLowerCase()
    for (const word of words) {
      if (found.has(word)) continue
      const wide = Array.from(word, (character) => `\0${character}`).join('')
      const isThere =
        lower.includes(word) ||
        lower.includes(wide) ||
        (!word.startsWith('/') &&
          (lower.includes(hexOf(word)) ||
            lower.includes(hexOf(word.toUpperCase())) ||
            lower.includes(hexOf(wide))))
      if (isThere) found.add(word)
    }
  }
  look(pdf.toString('latin1'))
  let budget = maxAllUnpackedBytes
  let at = 0
  for (let count = 0; count < maxStreams && budget > 0 && found.size < words.length; count++) {
    at = pdf.indexOf('/ObjStm', at, 'latin1')
    if (at < 0) break
    const start = pdf.subarray(at, at + 2048).indexOf('stream', 0, 'latin1')
    at += 7
    if (start < 0) continue
    let begin = at - 7 + start + 'stream'.length
    if (pdf[begin] === 13) begin++
    if (pdf[begin] === 10) begin++
    const unpacked = unpack(pdf.subarray(begin, begin + maxPackedBytes))
    budget -= unpacked.length
    look(unpacked.toString('latin1'))
  }
  return found
}

/** What can be unpacked of the beginning; streams that are packed otherwise give nothing. */
function unpack(packed: Buffer): Buffer {
  try {
    return inflateSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: maxUnpackedBytes })
  } catch {
    return Buffer.alloc(0)
  }
}

const hexOf = (word: string) => Buffer.from(word, 'latin1').toString('hex')
