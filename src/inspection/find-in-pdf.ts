import { constants, inflateSync } from 'node:zlib'

/** A document has some hundred object streams; what matters stands in those of the catalogue and its names. */
const maxStreams = 200
/** Of each stream so much packed, and so much unpacked. */
const maxPackedBytes = 64 * 1024
const maxUnpackedBytes = 2 * 1024 * 1024
const maxAllUnpackedBytes = 32 * 1024 * 1024

/**
 * Which of these words of ASCII occur in a PDF: in its bytes, as UTF-16 or hexadecimal strings, and in its compressed
 * object streams (ISO 32000-1 7.5.7). No structure is believed, so nothing can be hidden by breaking it.
 */
export function findInPdf(pdf: Buffer, words: readonly string[]): Set<string> {
  const found = new Set<string>()
  const spellings = words.map((word) => ({ word, spelled: spellingsOf(word) }))
  const look = (bytes: Buffer) => {
    for (const { word, spelled } of spellings) {
      if (!found.has(word) && spelled.some((spelling) => bytes.includes(spelling))) found.add(word)
    }
  }
  look(pdf)
  let budget = maxAllUnpackedBytes
  let at = 0
  for (let count = 0; count < maxStreams && budget > 0 && found.size < words.length; count++) {
    at = pdf.indexOf('/ObjStm', at, 'latin1')
    if (at < 0) break
    const keyword = pdf.subarray(at, at + 2048).indexOf('stream', 0, 'latin1')
    let begin = at + keyword + 'stream'.length
    at += '/ObjStm'.length
    if (keyword < 0) continue
    if (pdf[begin] === 13) begin++
    if (pdf[begin] === 10) begin++
    const unpacked = unpack(pdf.subarray(begin, begin + maxPackedBytes))
    budget -= unpacked.length
    look(unpacked)
  }
  return found
}

/** Names of dictionaries begin with a slash and are written as they are. */
function spellingsOf(word: string): Buffer[] {
  const plain = Buffer.from(word, 'latin1')
  if (word.startsWith('/')) return [plain]
  const wide = Buffer.from(word, 'utf16le').swap16()
  const hex = [plain, wide].map((bytes) => bytes.toString('hex'))
  return [plain, wide, ...hex.flatMap((text) => [Buffer.from(text), Buffer.from(text.toUpperCase())])]
}

/** What can be unpacked of the beginning; streams that are packed otherwise give nothing. */
function unpack(packed: Buffer): Buffer {
  try {
    return inflateSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: maxUnpackedBytes })
  } catch {
    return Buffer.alloc(0)
  }
}
