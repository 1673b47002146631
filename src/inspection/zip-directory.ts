import { promisify } from 'node:util'
import { constants, inflateRaw, inflateRawSync } from 'node:zlib'

/** A member of a zip archive as the directory declares it. Every number is a claim of the sender. */
export interface ZipMember {
  /** The bytes of the name, as latin1. */
  readonly name: string
  readonly flags: number
  readonly encrypted: boolean
  readonly method: number
  /** Time and date of DOS. */
  readonly modified: number
  readonly crc: number
  readonly compressedSize: number
  readonly size: number
  readonly attributes: number
  readonly headerOffset: number
}

/** An Office file has some dozen members; hundreds for large presentations. Of more nobody knows what they are. */
export const maxMembers = 10_000

/** APPNOTE 4.3.16: 22 bytes and a comment of at most 65,535. */
const endRecordBytes = 22
const longestEnd = endRecordBytes + 0xffff

/** The central directory (PKWARE APPNOTE 4.3.12), one member above the limit at most; undefined if there is none. */
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
  while (at + 46 <= end && zip.readUInt32LE(at) === 0x02014b50 && members.length <= maxMembers) {
    const nameLength = zip.readUInt16LE(at + 28)
    members.push({
      name: zip.toString('latin1', at + 46, at + 46 + nameLength),
      flags: zip.readUInt16LE(at + 8),
      encrypted: (zip.readUInt16LE(at + 8) & 1) === 1,
      method: zip.readUInt16LE(at + 10),
      modified: zip.readUInt32LE(at + 12),
      crc: zip.readUInt32LE(at + 16),
      compressedSize: zip.readUInt32LE(at + 20),
      size: zip.readUInt32LE(at + 24),
      attributes: zip.readUInt32LE(at + 38),
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

/** The member's name as people read it: UTF-8 if it is (APPNOTE appendix D), else as Windows-1252 would show it. */
export function memberName({ name }: Pick<ZipMember, 'name'>): string {
  const bytes = Buffer.from(name, 'latin1')
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? text : name
}

/** The bytes of a member as they lie in the archive; undefined if they are not where the directory says. */
export function packedMember(
  zip: Buffer,
  { headerOffset: at, compressedSize }: ZipMember,
): Buffer | undefined {
  if (at + 30 > zip.length || zip.readUInt32LE(at) !== 0x04034b50) return undefined
  const start = at + 30 + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28)
  const packed = zip.subarray(start, start + compressedSize)
  return packed.length === compressedSize ? packed : undefined
}

/** The content of a member up to `limit` bytes; undefined if it is encrypted, broken, longer or packed otherwise. */
export function readMember(zip: Buffer, member: ZipMember, limit: number): Buffer | undefined {
  const packed = packedMember(zip, member)
  if (member.encrypted || !packed) return undefined
  try {
    if (member.method === 0) return packed.length <= limit ? packed : undefined
    // Deflate, the only other method of OPC (ECMA-376 part 2, C.5) and OpenDocument (part 2, 2.2).
    return member.method === 8 ? inflateRawSync(packed, { maxOutputLength: limit }) : undefined
  } catch {
    return undefined
  }
}

/** Deflate packs at most 1032 to 1: this is enough for a signature, and at most 1.5 MiB. */
const packedHeadBytes = 1536
/** What is longer is a matter of convenience, so it may fail. */
const maxStartBytes = 8 * 1024 * 1024

/** The first bytes of a member, `limit` at most; undefined if it cannot be read. Unpacks little, whatever it is. */
export function memberHead(zip: Buffer, member: ZipMember, limit: number): Buffer | undefined {
  return memberStart(zip, member, packedHeadBytes, limit)
}

/** More of the beginning; undefined also where it unpacks too far. */
export function memberStart(
  zip: Buffer,
  member: ZipMember,
  packedBytes: number,
  limit: number,
): Buffer | undefined {
  const packed = packedMember(zip, member)
  if (member.encrypted || !packed) return undefined
  if (member.method === 0) return packed.subarray(0, limit)
  if (member.method !== 8) return undefined
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: maxStartBytes }
    return inflateRawSync(packed.subarray(0, packedBytes), options).subarray(0, limit)
  } catch {
    return undefined
  }
}

const inflate = promisify(inflateRaw) as (
  packed: Buffer,
  options: { readonly maxOutputLength: number },
) => Promise<Buffer>

/** The whole content of a member, unpacked beside the main thread: a member can be large. */
export async function unpackMember(
  zip: Buffer,
  member: ZipMember,
  limit: number,
): Promise<Buffer | 'too-large' | 'unreadable'> {
  const packed = packedMember(zip, member)
  if (member.encrypted || !packed || (member.method !== 0 && member.method !== 8)) return 'unreadable'
  if (member.size > limit || packed.length > limit) return 'too-large'
  if (member.method === 0) return packed
  try {
    // The declared size is a claim: what is longer is cut off, counted while it comes out.
    return await inflate(packed, { maxOutputLength: Math.max(1, member.size) })
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'unreadable'
  }
}

/**
 * Whether members share bytes, as in bombs that need no nesting, or the archive has members between those of its
 * directory that some programs unpack all the same: the names of those.
 */
export function betweenMembers(
  zip: Buffer,
  members: readonly ZipMember[],
): { readonly overlap: boolean; readonly hidden: readonly string[] } {
  const sorted = [...members].sort((one, other) => one.headerOffset - other.headerOffset)
  const hidden: string[] = []
  let end = 0
  for (const member of sorted) {
    if (member.headerOffset < end) return { overlap: true, hidden }
    hidden.push(...readLocalNames(zip.subarray(end, member.headerOffset)))
    const at = member.headerOffset
    if (at + 30 > zip.length) return { overlap: false, hidden }
    end = at + 30 + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28) + member.compressedSize
  }
  return { overlap: false, hidden: [...hidden, ...readLocalNames(zip.subarray(end))] }
}
