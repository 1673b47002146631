import { bytesInMemory } from '../message/byte-source.ts'
import { isMessage } from '../message/describe-part.ts'
import type { ForbiddenFile } from '../message/facts.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { shownFileName } from '../message/shown-file-name.ts'
import {
  dangerousArchive,
  dangerousContent,
  dangerousName,
  diskImageBytes,
  isDiskImage,
  isInstaller,
} from './dangerous-type.ts'
import { isSignedData, opaqueContent } from './opaque-signed.ts'
import { partsOfMessage } from './parts-of-message.ts'
import { isTnef, readTnef } from './read-tnef.ts'
import { leavesOf, type UnseenFile, unseenBytes, unseenLeaf } from './see-through.ts'
import { takeTurns } from './take-turns.ts'
import {
  betweenMembers,
  maxMembers,
  memberHead,
  memberName,
  memberStart,
  readLocalNames,
  readZipDirectory,
  unpackMember,
  type ZipMember,
} from './zip-directory.ts'

/** An archive in an archive in an archive is looked into; what is one deeper is a bomb or a hiding-place. */
const maxArchives = 3
/** Messages in messages, and in TNEF: people forward what was forwarded. */
const maxLayers = 10
/** Of one member that is an archive itself, and of all that is unpacked of one message. */
const maxMemberBytes = 100 * 1024 * 1024
const headBytes = 4096
/** What the head of a packed file has at least, unless the file is small. */
const fewHeadBytes = 1000
/** Deflate makes at most 1032 bytes of each: what comes of these is never too much. */
const fewPackedBytes = 8000
/** More than any mail of people; behind them the first of each kind are told. */
const maxFound = 20

interface Search {
  readonly found: ForbiddenFile[]
  readonly signal: AbortSignal
  bytes: number
  files: number
}

/** What is around a file: archives, and layers of any kind. */
interface Depth {
  readonly archives: number
  readonly layers: number
}

/** Archives are read whole: few at once. */
const inTurn = takeTurns(2)

/**
 * The files of a message that can do harm when they are opened, by content and by name, in archives down to three
 * levels, in attached messages, TNEF and opaque signatures. Of a locked archive the names speak. Not seen: what is in
 * RAR and 7z archives, in gzip, and in Office files. Never fails because of bytes.
 */
export async function dangerousFiles(
  message: Pick<ReceivedMessage, 'source' | 'tree'>,
  signal: AbortSignal,
): Promise<readonly ForbiddenFile[]> {
  const search: Search = { found: [], signal, bytes: 150 * 1024 * 1024, files: 10_000 }
  for (const { part } of leavesOf(message.tree.root)) {
    const leaf = await unseenLeaf(message.source, part)
    const isPlain = part.fileName === undefined && part.contentType.type === 'text'
    await (isPlain
      ? look(leaf, search, { archives: 0, layers: 0 })
      : inTurn(() => look(leaf, search, { archives: 0, layers: 0 })))
  }
  return search.found
}

function note(search: Search, fileName: string | undefined, type: ForbiddenFile['type']): void {
  if (search.found.length < maxFound || !search.found.some((each) => each.type === type))
    search.found.push({ fileName: shownFileName(fileName ?? '') ?? 'attachment', type })
}

async function look(file: UnseenFile, search: Search, depth: Depth): Promise<void> {
  search.signal.throwIfAborted()
  const { fileName, head } = file
  const byName = fileName === undefined ? undefined : dangerousName(fileName)
  if (byName) return note(search, fileName, byName)
  // Nobody knows what programs make of its bytes.
  if (file.opaque || head.length === 0) return
  const type = dangerousContent(head, fileName !== undefined)
  if (type) return note(search, fileName, type)
  const signature = head.length >= 4 ? head.readUInt32BE(0) : 0
  if (signature === 0x504b0304 || signature === 0x504b0506) return lookIntoZip(file, search, depth)
  if (signature === 0xd0cf11e0) {
    const whole = await take(file, search, depth)
    if (whole && isInstaller(whole)) note(search, fileName, 'installer')
    return
  }
  if (isTnef(head)) return lookIntoTnef(file, search, depth)
  if (isSignedData(head)) return lookIntoMessage(file, search, depth, opaqueContent)
  if (isMessage(file.contentType) || /\.eml[.\s]*$/i.test(fileName ?? ''))
    return lookIntoMessage(file, search, depth, (bytes) => bytes)
  // The volume of a disk image begins with sectors that hold nothing.
  if (head.length >= fewHeadBytes && isDiskImage(await file.start(diskImageBytes)))
    note(search, fileName, 'disk-image')
}

/** The whole file; undefined if it cannot be read, or must not be for its size. */
async function take(file: UnseenFile, search: Search, depth: Depth): Promise<Buffer | undefined> {
  const whole = await file.whole(Math.min(maxMemberBytes, search.bytes))
  // What came in the message itself is bounded by its size.
  if (depth.layers > 0 && typeof whole !== 'string') search.bytes -= whole.length
  if (whole === 'too-large') {
    search.bytes = 0
    note(search, file.fileName, 'archive-bomb')
  }
  return typeof whole === 'string' ? undefined : whole
}

async function lookIntoZip(file: UnseenFile, search: Search, depth: Depth): Promise<void> {
  if (depth.archives >= maxArchives || depth.layers >= maxLayers)
    return note(search, file.fileName, 'archive-bomb')
  const zip = await take(file, search, depth)
  if (!zip) return
  const members = readZipDirectory(zip)
  // What is left of a broken archive some programs can still unpack.
  if (!members) return lookAtNames(readLocalNames(zip), search)
  const names = members.map(memberName)
  const type = dangerousArchive(names)
  if (type) return note(search, file.fileName, type)
  const { overlap, hidden } = betweenMembers(zip, members)
  if (overlap || members.length > maxMembers) return note(search, file.fileName, 'archive-bomb')
  lookAtNames(hidden, search)
  const inside = { archives: depth.archives + 1, layers: depth.layers + 1 }
  for (const [index, member] of members.entries()) {
    search.signal.throwIfAborted()
    search.files -= 1
    if (search.files < 0 || search.bytes <= 0) return note(search, file.fileName, 'archive-bomb')
    // Others go on meanwhile.
    if (index % 25 === 24) await new Promise((resolve) => setImmediate(resolve))
    await look(memberOf(zip, member), search, inside)
  }
}

/** Of a member that is locked or packed in another way there is nothing but its name. */
function memberOf(zip: Buffer, member: ZipMember): UnseenFile {
  const head = member.compressedSize > 0 ? memberHead(zip, member, headBytes) : undefined
  return {
    ...unseenBytes(memberName(member), head ?? Buffer.alloc(0)),
    bytes: async () => member.size,
    start: (limit) => startOf(zip, member, limit),
    whole: (limit) => unpackMember(zip, member, limit),
  }
}

/** Whatever it is packed like: what grows beyond all bounds is unpacked in part, or as a whole. */
async function startOf(zip: Buffer, member: ZipMember, limit: number): Promise<Buffer> {
  const usual = memberStart(zip, member, limit, limit)
  if (usual) return usual
  const start = memberStart(zip, member, fewPackedBytes, limit)
  if (!start || start.length >= limit) return start ?? Buffer.alloc(0)
  const whole = await unpackMember(zip, member, maxMemberBytes)
  return typeof whole === 'string' ? start : whole.subarray(0, limit)
}

function lookAtNames(names: readonly string[], search: Search): void {
  for (const name of names) {
    const type = dangerousName(name)
    if (type) note(search, name, type)
  }
}

async function lookIntoTnef(file: UnseenFile, search: Search, depth: Depth): Promise<void> {
  if (depth.layers >= maxLayers) return note(search, file.fileName, 'archive-bomb')
  const bytes = await take(file, search, depth)
  if (!bytes) return
  for (const part of readTnef(bytes).parts) {
    if (part.kind === 'attachment')
      await look(unseenBytes(part.fileName, part.content), search, { ...depth, layers: depth.layers + 1 })
  }
}

async function lookIntoMessage(
  file: UnseenFile,
  search: Search,
  depth: Depth,
  contentOf: (bytes: Buffer) => Buffer | undefined,
): Promise<void> {
  if (depth.layers >= maxLayers) return note(search, file.fileName, 'archive-bomb')
  const bytes = await take(file, search, depth)
  const content = bytes && contentOf(bytes)
  const tree = content && partsOfMessage(content)
  if (!tree) return
  const source = bytesInMemory(content)
  for (const { part } of leavesOf(tree.root))
    await look(await unseenLeaf(source, part), search, { ...depth, layers: depth.layers + 1 })
}
