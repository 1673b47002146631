import { type FileHandle, open } from 'node:fs/promises'

/** Where the four strings stand in the file, as offsets of their first hex digit, and what they hold. */
export interface EncryptionDictionary {
  readonly u: FoundString
  readonly ue: FoundString
  readonly o: FoundString
  readonly oe: FoundString
}
export interface FoundString {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** qpdf writes a trailer of some hundred bytes and one line for each of the objects; the dictionary has about 700. */
const trailerBytes = 4096
const dictionaryBytes = 4096
const xrefLineBytes = 20

/**
 * Finds the encryption dictionary of a file that qpdf wrote without object streams: by trailer, cross-reference table
 * and object number, never by searching the whole file, since ciphertext may hold any bytes.
 */
export async function findEncryptionDictionary(file: string): Promise<EncryptionDictionary> {
  await using handle = await open(file, 'r')
  const { size } = await handle.stat()
  const tail = await readLatin1(handle, Math.max(0, size - trailerBytes), trailerBytes)
  const object = numberIn(tail, /\/Encrypt (\d{1,9}) 0 R/)
  const table = numberIn(tail, /startxref\s+(\d{1,12})\s+%%EOF\s*$/)
  const head = await readLatin1(handle, table, 64)
  const subsection = /^xref\s+0 (\d{1,9}) ?\r?\n/.exec(head)
  if (!subsection || object >= Number(subsection[1])) throw notAsExpected('cross-reference table')
  const line = await readLatin1(handle, table + subsection[0].length + object * xrefLineBytes, xrefLineBytes)
  const offset = numberIn(line, /^(\d{10}) 00000 n/)
  const text = await readLatin1(handle, offset, dictionaryBytes)
  const end = text.indexOf('endobj')
  const dictionary = end < 0 ? '' : text.slice(0, end)
  if (
    !dictionary.startsWith(`${object} 0 obj`) ||
    !/\/Filter \/Standard\b/.test(dictionary) ||
    !/\/R 6\b/.test(dictionary)
  ) {
    throw notAsExpected('encryption dictionary')
  }
  const found = (name: string, bytes: number): FoundString => {
    const match = new RegExp(`/${name} <([0-9a-f]{${bytes * 2}})>`).exec(dictionary)
    if (!match?.[1]) throw notAsExpected(`/${name}`)
    return { offset: offset + match.index + name.length + 3, bytes: Buffer.from(match[1], 'hex') }
  }
  return { u: found('U', 48), ue: found('UE', 32), o: found('O', 48), oe: found('OE', 32) }
}

/** Writes other bytes of the same length over the strings, so that no offset in the file moves. */
export async function rewriteStrings(
  file: string,
  changes: readonly (readonly [FoundString, Uint8Array])[],
): Promise<void> {
  await using handle = await open(file, 'r+')
  for (const [found, bytes] of changes) {
    if (bytes.length !== found.bytes.length) throw notAsExpected('length of a string')
    await handle.write(
      Buffer.from(Buffer.from(bytes).toString('hex'), 'latin1'),
      0,
      bytes.length * 2,
      found.offset,
    )
  }
}

async function readLatin1(handle: FileHandle, position: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead).toString('latin1')
}

function numberIn(text: string, pattern: RegExp): number {
  const match = pattern.exec(text)
  if (!match) throw notAsExpected(String(pattern))
  return Number(match[1])
}

function notAsExpected(what: string): Error {
  return new Error(`the PDF is not as qpdf writes it: ${what}`)
}
