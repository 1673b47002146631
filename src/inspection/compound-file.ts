/** A storage or stream of a compound file ([MS-CFB] 2.6.1). */
export interface CompoundEntry {
  readonly name: string
  /** 1 storage, 2 stream, 5 root. */
  readonly type: number
  readonly left: number
  readonly right: number
  readonly child: number
  readonly start: number
  readonly size: number
}

/** Read access to the directory and to the first bytes of streams. */
export interface CompoundFile {
  /** All entries that the directory has, reachable or not. */
  readonly entries: readonly CompoundEntry[]
  /** The children of the root storage, by lower-case name. */
  readonly top: ReadonlyMap<string, CompoundEntry>
  /** The first bytes of a stream, at most `limit`; fewer where the chain of sectors is broken. */
  readonly start: (stream: CompoundEntry, limit: number) => Buffer
}

/** 32,768 entries. Documents have some dozen, with many embedded objects some hundred. */
const maxDirectoryBytes = 4 * 1024 * 1024
const entryBytes = 128
const miniSectorBytes = 64

/** Reads header and directory of a compound file; undefined if they are broken. Every number is checked, loops end. */
export function readCompoundFile(file: Buffer): CompoundFile | undefined {
  if (file.length < 512) return undefined
  const shift = file.readUInt16LE(30)
  if (shift !== 9 && shift !== 12) return undefined
  const sectors = readSectors(file, shift)
  const directory = sectors.read(file.readUInt32LE(48), maxDirectoryBytes)
  const entries: CompoundEntry[] = []
  for (let at = 0; at + entryBytes <= directory.length; at += entryBytes)
    entries.push(readEntry(directory, at))
  const root = entries[0]
  if (root?.type !== 5) return undefined
  const miniSectorTable = sectors.read(file.readUInt32LE(60), maxDirectoryBytes)
  const smallStreamsBelow = file.readUInt32LE(56)
  return {
    entries,
    top: new Map(childrenOf(root, entries).map((entry) => [entry.name.toLowerCase(), entry])),
    start(stream, limit) {
      const wanted = Math.min(limit, stream.size)
      if (stream.size >= smallStreamsBelow) return sectors.read(stream.start, wanted).subarray(0, wanted)
      // [MS-CFB] 2.4: small streams lie in sectors of 64 bytes in the stream of the root.
      const container = sectors.read(root.start, Math.min(root.size, maxDirectoryBytes))
      return readMiniStream(container, miniSectorTable, stream.start, wanted)
    },
  }
}

function readEntry(directory: Buffer, at: number): CompoundEntry {
  const nameBytes = Math.min(64, directory.readUInt16LE(at + 64))
  return {
    name: directory.toString('utf16le', at, at + Math.max(0, (nameBytes & ~1) - 2)),
    type: directory.readUInt8(at + 66),
    left: directory.readUInt32LE(at + 68),
    right: directory.readUInt32LE(at + 72),
    child: directory.readUInt32LE(at + 76),
    start: directory.readUInt32LE(at + 116),
    size: directory.readUInt32LE(at + 120),
  }
}

function childrenOf(storage: CompoundEntry, entries: readonly CompoundEntry[]): CompoundEntry[] {
  const waiting = [storage.child]
  // 0 is the root itself, and nobody's child.
  const seen = new Set([0])
  const found: CompoundEntry[] = []
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const entry = entries[id]
    if (!entry || seen.has(id)) continue
    seen.add(id)
    found.push(entry)
    waiting.push(entry.left, entry.right)
  }
  return found
}

function readMiniStream(container: Buffer, table: Buffer, start: number, wanted: number): Buffer {
  const pieces: Buffer[] = []
  let sector = start
  for (let length = 0; length < wanted; length += miniSectorBytes) {
    const piece = container.subarray(sector * miniSectorBytes, (sector + 1) * miniSectorBytes)
    if (piece.length === 0) break
    pieces.push(piece)
    if (sector * 4 + 4 > table.length) break
    sector = table.readUInt32LE(sector * 4)
  }
  return Buffer.concat(pieces).subarray(0, wanted)
}

/** The chains of sectors ([MS-CFB] 2.3): `read` follows one from `start` until `limit` bytes, its end or a fault. */
function readSectors(file: Buffer, shift: number): { read: (start: number, limit: number) => Buffer } {
  const sectorBytes = 1 << shift
  const offsetOf = (sector: number) => (sector + 1) * sectorBytes
  const isInside = (sector: number) => offsetOf(sector) + 4 <= file.length
  const tableSectors = readTableSectors(file, sectorBytes, offsetOf)
  const next = (sector: number): number | undefined => {
    const table = tableSectors[Math.floor(sector / (sectorBytes / 4))]
    if (table === undefined) return undefined
    const at = offsetOf(table) + (sector % (sectorBytes / 4)) * 4
    return at + 4 <= file.length ? file.readUInt32LE(at) : undefined
  }
  return {
    read(start, limit) {
      const pieces: Buffer[] = []
      let sector: number | undefined = start
      // Bounded by the bytes wanted, so that a chain that bites its tail ends as well.
      for (
        let length = 0;
        length < limit && sector !== undefined && isInside(sector);
        length += sectorBytes
      ) {
        pieces.push(file.subarray(offsetOf(sector), offsetOf(sector) + sectorBytes))
        sector = next(sector)
      }
      return Buffer.concat(pieces)
    },
  }
}

/** [MS-CFB] 2.5: where the sector allocation table lies; 109 places in the header, the rest in a chain. */
function readTableSectors(file: Buffer, sectorBytes: number, offsetOf: (sector: number) => number): number[] {
  const found: number[] = []
  for (let index = 0; index < 109; index++) found.push(file.readUInt32LE(76 + index * 4))
  const perSector = sectorBytes / 4 - 1
  const most = Math.ceil(file.length / sectorBytes)
  let sector = file.readUInt32LE(68)
  while (found.length < most && offsetOf(sector) + sectorBytes <= file.length) {
    for (let index = 0; index < perSector; index++)
      found.push(file.readUInt32LE(offsetOf(sector) + index * 4))
    sector = file.readUInt32LE(offsetOf(sector) + perSector * 4)
  }
  return found
}
