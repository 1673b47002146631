import { inflateRawSync } from 'node:zlib'

/** A member of a zip archive as the directory declares it. Every number is a claim of the sender. */
export interface ZipMember {
  readonly name: string
  readonly encrypted: boolean
  readonly method: number
  readonly compressedSize: number
  readonly headerOffset: number
}

/** An Office file has some dozen members; hundreds for large presentations. */
const maxMembers = 10_000

/** APPNOTE 4.3.16: 22 bytes and a comment of at most 65,535. */
const endRecordBytes = 22
const longestEnd = endRecordBytes + 0xffff

/** The central directory (PKWARE APPNOTE 4.3.12); undefined if there is none that can be read. */
export function readZipDirectory(zip: Buffer): ZipMember[] | undefined {
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  if (end < 0 || end < zip.length - longestEnd || end + endRecordBytes > zip.length) return undefined
  const place = directoryPlace(zip, end)
  if (place.size > place.end) return undefined
  const start = place.end - place.size
  // Whatever stands before the archive moves all offsets.
  const shift = Math.max(0, start - place.offset)
  const members: ZipMember[] = []
  let at = start
  while (at + 46 <= end && zip.readUInt32LE(at) === 0x02014b50 && members.length < maxMembers) {
    const nameLength = zip.readUInt16LE(at + 28)
    members.push({
      name: zip.toString('latin1', at + 46, at + 46 + nameLength),
      encrypted: (zip.readUInt16LE(at + 8) & 1) === 1,
      method: zip.readUInt16LE(at + 10),
      compressedSize: zip.readUInt32LE(at + 20),
      headerOffset: zip.readUInt32LE(at + 42) + shift,
    })
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  // An empty archive is its end record and nothing else.
  return members.length > 0 || end === 0 ? members : undefined
}

/** The directory ends where its end record begins; a Zip64 record (APPNOTE 4.3.14) tells size and offset of large ones. */
function directoryPlace(zip: Buffer, end: number): { end: number; size: number; offset: number } {
  const size = zip.readUInt32LE(end + 12)
  const offset = zip.readUInt32LE(end + 16)
  if (size !== 0xffffffff && offset !== 0xffffffff) return { end, size, offset }
  const large = zip.lastIndexOf('PK\x06\x06', end, 'latin1')
  if (large < 0 || large + 56 > zip.length) return { end, size, offset }
  const read = (at: number) => Number(zip.readBigUInt64LE(large + at))
  return { end: large, size: read(40), offset: read(48) }
}

/** The names in the local headers from the front on: what can still be read of a damaged archive. */
export function readLocalNames(zip: Buffer): string[] {
  const names: string[] = []
  let at = zip.indexOf('PK\x03\x04', 0, 'latin1')
  while (at >= 0 && at + 30 <= zip.length && names.length < maxMembers) {
    const nameLength = zip.readUInt16LE(at + 26)
    names.push(zip.toString('latin1', at + 30, at + 30 + nameLength))
    at = zip.indexOf('PK\x03\x04', at + 30 + nameLength, 'latin1')
  }
  return names
}

/** The content of a member up to `limit` bytes; undefined if it is encrypted, broken, longer or packed otherwise. */
export function readMember(zip: Buffer, member: ZipMember, limit: number): Buffer | undefined {
  const at = member.headerOffset
  if (member.encrypted || at + 30 > zip.length || zip.readUInt32LE(at) !== 0x04034b50) return undefined
  const start = at + 30 + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28)
  const packed = zip.subarray(start, start + member.compressedSize)
  try {
    if (member.method === 0) return packed.length <= limit ? packed : undefined
    // Deflate, the only other method of OPC (ECMA-376 part 2, C.5) and OpenDocument (part 2, 2.2).
    return member.method === 8 ? inflateRawSync(packed, { maxOutputLength: limit }) : undefined
  } catch {
    return undefined
  }
}
