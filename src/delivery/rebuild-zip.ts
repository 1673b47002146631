import { crc32 } from 'node:zlib'
import { packedMember, type ZipMember } from '../inspection/zip-directory.ts'

/** What stands in a member's place; undefined: nothing. `name` in the bytes of the archive's directory, as latin1. */
export type MemberChange = { readonly name: string; readonly content: Buffer } | undefined

/**
 * The archive with some members changed (PKWARE APPNOTE 4.3); all others keep their packed bytes, names and times. What
 * no member of the directory claims is left behind. undefined if nothing remains, or if a member that would stay is
 * encrypted or not where it should be.
 */
export function rebuildZip(
  zip: Buffer,
  members: readonly ZipMember[],
  changes: ReadonlyMap<number, MemberChange>,
): Buffer | undefined {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  const taken = new Set(members.filter((_, index) => !changes.has(index)).map(({ name }) => name))
  let offset = 0
  for (const [index, member] of members.entries()) {
    const change = changes.get(index)
    if (changes.has(index) && !change) continue
    const written = change ? changedMember(member, change, taken) : keptMember(zip, member)
    if (!written) return undefined
    const head = localHeader(written.member)
    const name = Buffer.from(written.member.name, 'latin1')
    bodies.push(head, name, written.packed)
    directory.push(directoryHeader(written.member, offset), name)
    offset += head.length + name.length + written.packed.length
  }
  if (directory.length === 0) return undefined
  const size = directory.reduce((sum, piece) => sum + piece.length, 0)
  return Buffer.concat([...bodies, ...directory, endRecord(directory.length / 2, size, offset)])
}

interface Written {
  readonly member: ZipMember
  readonly packed: Buffer
}

function keptMember(zip: Buffer, member: ZipMember): Written | undefined {
  // How it is encrypted stands in extra fields, and its check bytes depend on bit 3 (6.1.6): better not touched.
  if (member.encrypted) return undefined
  const packed = packedMember(zip, member)
  // Bit 3, sizes behind the content, is not needed: they are known by now.
  return packed && { member: { ...member, flags: member.flags & ~8 }, packed }
}

/** PDFs are packed already, so they are stored. */
function changedMember(
  member: ZipMember,
  { name, content }: NonNullable<MemberChange>,
  taken: Set<string>,
): Written {
  const unique = uniqueName(name, taken)
  taken.add(unique)
  return {
    member: {
      ...member,
      name: unique,
      // Only whether the name is UTF-8 (bit 11) stays true.
      flags: member.flags & 0x0800,
      method: 0,
      crc: crc32(content),
      compressedSize: content.length,
      size: content.length,
    },
    packed: content,
  }
}

function uniqueName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name
  const [, stem = name, extension = ''] = /^(.*?)(\.[A-Za-z0-9]{1,5})?$/s.exec(name) ?? []
  for (let number = 2; ; number++) {
    const next = `${stem} (${number})${extension}`
    if (!taken.has(next)) return next
  }
}

/** APPNOTE 4.3.7. */
function localHeader(member: ZipMember): Buffer {
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x04034b50, 0)
  writeCommon(head, 4, member)
  return head
}

/** APPNOTE 4.3.12, without extra fields and comments: they could say something else than the fields here. */
function directoryHeader(member: ZipMember, offset: number): Buffer {
  const head = Buffer.alloc(46)
  head.writeUInt32LE(0x02014b50, 0)
  // Attributes keep their meaning only with the system that they come from; 3 is Unix (4.4.2.2).
  head.writeUInt16LE(member.attributes > 0xffff ? 0x0314 : 20, 4)
  writeCommon(head, 6, member)
  head.writeUInt32LE(member.attributes, 38)
  head.writeUInt32LE(offset, 42)
  return head
}

/** The fields that both headers have in the same order; names are bounded by their own field of 16 bits. */
function writeCommon(head: Buffer, at: number, member: ZipMember): void {
  head.writeUInt16LE(20, at)
  head.writeUInt16LE(member.flags, at + 2)
  head.writeUInt16LE(member.method, at + 4)
  head.writeUInt32LE(member.modified, at + 6)
  head.writeUInt32LE(member.crc, at + 10)
  head.writeUInt32LE(member.compressedSize, at + 14)
  head.writeUInt32LE(member.size, at + 18)
  head.writeUInt16LE(member.name.length, at + 22)
}

/** APPNOTE 4.3.16. */
function endRecord(members: number, size: number, offset: number): Buffer {
  const record = Buffer.alloc(22)
  record.writeUInt32LE(0x06054b50, 0)
  record.writeUInt16LE(members, 8)
  record.writeUInt16LE(members, 10)
  record.writeUInt32LE(size, 12)
  record.writeUInt32LE(offset, 16)
  return record
}
