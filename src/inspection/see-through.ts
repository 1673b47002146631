import type { ByteSource } from '../message/byte-source.ts'
import { bytesInMemory } from '../message/byte-source.ts'
import { decoded, decodedBytes } from '../message/decode-body.ts'
import { isMessage } from '../message/describe-part.ts'
import type { OfficeFile, OfficeKind, SeenFile } from '../message/facts.ts'
import type { MimePart } from '../message/mime-part.ts'
import { invoicePdf, invoiceText } from './e-invoice.ts'
import { fetchesInText } from './external-links.ts'
import { officeCompound } from './office-compound.ts'
import { officeNamed } from './office-names.ts'
import { officeText } from './office-text.ts'
import { type OfficeContent, officeZip } from './office-zip.ts'
import { isSignedData, opaqueContent } from './opaque-signed.ts'
import { partsOfMessage } from './parts-of-message.ts'
import { isTnef, readTnef } from './read-tnef.ts'
import {
  betweenMembers,
  maxMembers,
  memberHead,
  memberName,
  memberStart,
  readLocalNames,
  readZipDirectory,
  unpackMember,
} from './zip-directory.ts'

/** Enough for every signature, and for the first elements of a document in XML. */
const headBytes = 4096
/** Above the largest attachment of a message of 60 MiB (the default limit) in base64. */
const maxFileBytes = 64 * 1024 * 1024
/** Of one member of an archive, and of all that is unpacked of one message. */
const maxMemberBytes = 150 * 1024 * 1024
const maxDepth = 3
/** Links are looked for at the beginning only. */
const maxLinkBytes = 1024 * 1024
const packedStartBytes = 64 * 1024

/** What may still be unpacked for one message: bytes, files, and bytes of PDFs that are only looked through. */
export interface Budget {
  bytes: number
  files: number
  pdfBytes: number
}

export const newBudget = (): Budget => ({
  bytes: 250 * 1024 * 1024,
  files: 10_000,
  // Six milliseconds a megabyte on the main thread; invoices are small.
  pdfBytes: 32 * 1024 * 1024,
})

/** A file before anybody looked into it. */
export interface UnseenFile extends Pick<MimePart, 'fileName' | 'contentType'> {
  readonly head: Buffer
  /** Nobody knows what programs make of its transfer encoding (RFC 2045 6.4), so only the name speaks. */
  readonly opaque: boolean
  bytes(): Promise<number>
  /** The first bytes. */
  start(limit: number): Promise<Buffer>
  whole(limit: number): Promise<Buffer | 'too-large' | 'unreadable'>
}

/** A leaf of a MIME tree. */
export async function unseenLeaf(source: ByteSource, part: MimePart): Promise<UnseenFile> {
  return {
    fileName: part.fileName,
    contentType: part.contentType,
    head: Buffer.from(await decodedBytes(source, part, headBytes)),
    opaque: !['7bit', '8bit', 'binary', 'base64', 'quoted-printable'].includes(part.transferEncoding),
    async bytes() {
      let size = 0
      for await (const piece of decoded(source, part)) size += piece.length
      return size
    },
    start: async (limit) => Buffer.from(await decodedBytes(source, part, limit)),
    whole: async () => Buffer.from(await decodedBytes(source, part, maxFileBytes)),
  }
}

const unknownType = { type: 'application', subtype: 'octet-stream', parameters: new Map<string, string>() }

export function unseenBytes(fileName: string, content: Buffer): UnseenFile {
  return {
    fileName,
    contentType: unknownType,
    head: content.subarray(0, headBytes),
    opaque: false,
    bytes: async () => content.length,
    start: async (limit) => content.subarray(0, limit),
    whole: async () => content,
  }
}

/**
 * What a file is, by its content, and what is inside of it: archives, TNEF, messages, opaque signatures. The name adds
 * suspicion only. undefined: nothing that we know, so it is passed on as it is. Never fails because of bytes.
 */
export async function seeThrough(
  file: UnseenFile,
  budget: Budget,
  signal: AbortSignal,
  depth = 0,
): Promise<SeenFile | undefined> {
  signal.throwIfAborted()
  const { head } = file
  const named = officeNamed(file)
  const inner: Look = { file, named, budget, signal, depth }
  const signature = head.length >= 4 ? head.readUInt32BE(0) : 0
  // APPNOTE 4.3.7, and 4.3.16: an archive without members.
  if (signature === 0x504b0304 || signature === 0x504b0506) return seeZip(inner)
  // [MS-CFB] 2.2; a file with a damaged second half of the signature is still opened by some.
  if (signature === 0xd0cf11e0) {
    const whole = await take(inner)
    if (typeof whole === 'string') return closed(inner, whole)
    const content = officeCompound(whole, named)
    return content && officeFile(inner, content, whole.length)
  }
  if (isTnef(head)) return seeTnef(inner)
  if (isSignedData(head)) return seeMessage(inner, 'signed', opaqueContent)
  if (isMessage(file.contentType) || /\.eml[.\s]*$/i.test(file.fileName ?? '')) {
    return seeMessage(inner, 'message', (bytes) => bytes)
  }
  if (file.opaque) return named && officeFile(inner, { office: named, ...unknown }, await file.bytes())
  return seeText(inner)
}

const unknown = { macros: false, encrypted: false, externalLinks: false }

interface Look {
  readonly file: UnseenFile
  readonly named: OfficeKind | undefined
  readonly budget: Budget
  readonly signal: AbortSignal
  readonly depth: number
}

/** The whole file, paid from the budget. */
async function take({ file, budget, depth }: Look): Promise<Buffer | 'too-large' | 'unreadable'> {
  const whole = await file.whole(Math.min(maxMemberBytes, budget.bytes))
  // What came in the message itself is bounded by the size of the message.
  if (depth > 0) pay(budget, typeof whole === 'string' ? 0 : whole.length)
  // A bomb is seldom alone: whoever is in it is not looked at any more.
  if (whole === 'too-large') budget.bytes = 0
  return whole
}

function pay(budget: Budget, bytes: number): void {
  budget.bytes = Math.max(0, budget.bytes - bytes)
}

function officeFile({ file }: Look, content: OfficeContent, bytes: number): OfficeFile {
  return { kind: 'office', fileName: file.fileName ?? `document.${content.office}`, ...content, bytes }
}

async function closed(
  { file, named }: Look,
  reason: 'encrypted' | 'too-large' | 'unreadable',
  office = named ?? 'docx',
): Promise<SeenFile> {
  return {
    kind: 'closed',
    fileName: file.fileName ?? 'archive.zip',
    office,
    reason,
    bytes: await file.bytes(),
  }
}

async function seeText(look: Look): Promise<SeenFile | undefined> {
  const { file, named, budget, depth } = look
  const { head } = file
  const content = officeText(head, named)
  if (content) {
    const bytes = await file.bytes()
    if (depth > 0) {
      // It is unpacked later, and then not beyond what it says of itself.
      if (bytes > Math.min(maxMemberBytes, budget.bytes)) budget.bytes = 0
      pay(budget, bytes)
    }
    const start = await file.start(maxLinkBytes)
    return officeFile(look, { ...content, externalLinks: fetchesInText(start.toString('latin1')) }, bytes)
  }
  const fileName = file.fileName ?? 'document'
  if (head.subarray(0, 1024).includes('%PDF-', 0, 'latin1')) {
    const bytes = await file.bytes()
    if (bytes > budget.pdfBytes) return undefined
    budget.pdfBytes -= bytes
    const whole = await file.whole(bytes)
    const format = typeof whole === 'string' ? undefined : invoicePdf(whole)
    return format && { kind: 'invoice', fileName, format }
  }
  const format = depth > 0 || file.fileName !== undefined ? invoiceText(head) : undefined
  return format && { kind: 'invoice', fileName, format }
}

async function seeZip(look: Look): Promise<SeenFile | undefined> {
  const { file, named, budget, signal, depth } = look
  const zip = await take(look)
  if (typeof zip === 'string') return closed(look, zip)
  const content = officeZip(zip, named)
  if (content) return officeFile(look, content, zip.length)
  const members = readZipDirectory(zip)
  const firstNamed = (names: readonly string[]) =>
    names.map((name) => namedOffice(name)).find((kind) => kind !== undefined)
  if (!members) {
    const office = firstNamed(readLocalNames(zip))
    return office && closed(look, 'unreadable', office)
  }
  if (members.length === 0) return undefined
  const { overlap, hidden } = betweenMembers(zip, members)
  const office = firstNamed([...members.map(memberName), ...hidden])
  if (depth > maxDepth || overlap || members.length > maxMembers) return closed(look, 'too-large', office)
  if (firstNamed(hidden)) return closed(look, 'unreadable', office)
  const inside: { place: number[]; file: SeenFile }[] = []
  for (const [index, member] of members.entries()) {
    signal.throwIfAborted()
    budget.files -= 1
    if (budget.files < 0 || budget.bytes <= 0) return closed(look, 'too-large', office)
    // Others go on meanwhile.
    if (index % 25 === 24) await new Promise((resolve) => setImmediate(resolve))
    if (member.compressedSize === 0) continue
    const fileName = memberName(member)
    const claimed = namedOffice(fileName)
    const head = memberHead(zip, member, headBytes)
    if (!head) {
      if (claimed) return closed(look, member.encrypted ? 'encrypted' : 'unreadable', claimed)
      continue
    }
    const seen = await seeThrough(
      {
        ...unseenBytes(fileName, head),
        bytes: async () => member.size,
        start: async (limit) => memberStart(zip, member, packedStartBytes, limit) ?? head,
        whole: (limit) => unpackMember(zip, member, limit),
      },
      budget,
      signal,
      depth + 1,
    )
    if (seen) inside.push({ place: [index], file: seen })
  }
  return inside.length > 0 ? { kind: 'zip', fileName: file.fileName ?? 'archive.zip', inside } : undefined
}

function namedOffice(fileName: string): OfficeKind | undefined {
  return officeNamed({ fileName, contentType: unknownType })
}

async function seeTnef(look: Look): Promise<SeenFile | undefined> {
  const { file, budget, signal, depth } = look
  const bytes = await take(look)
  if (typeof bytes === 'string' || depth > maxDepth) return closed(look, 'too-large')
  const { parts, damaged } = readTnef(bytes)
  const inside: { place: number[]; file: SeenFile }[] = []
  for (const [index, part] of parts.entries()) {
    const seen = await seeThrough(unseenBytes(part.fileName, part.content), budget, signal, depth + 1)
    // The text of the message is a text, which Outlook shows as such; RTF in its place is no attachment.
    if (seen) inside.push({ place: [index], file: seen })
  }
  const attached = inside.filter(({ place: [index = 0] }) => parts[index]?.kind === 'attachment')
  if (attached.length === 0) return undefined
  if (damaged) return closed(look, 'unreadable')
  return { kind: 'tnef', fileName: file.fileName ?? 'winmail.dat', inside }
}

async function seeMessage(
  look: Look,
  kind: 'message' | 'signed',
  contentOf: (bytes: Buffer) => Buffer | undefined,
): Promise<SeenFile | undefined> {
  const { file, budget, signal, depth } = look
  const bytes = await take(look)
  if (typeof bytes === 'string' || depth > maxDepth) return closed(look, 'too-large')
  const content = contentOf(bytes)
  if (!content) return undefined
  const tree = partsOfMessage(content)
  if (!tree) return closed(look, 'unreadable')
  const source = bytesInMemory(content)
  const inside: { place: readonly number[]; file: SeenFile }[] = []
  for (const { part, path } of leavesOf(tree.root)) {
    const seen = await seeThrough(await unseenLeaf(source, part), budget, signal, depth + 1)
    if (seen) inside.push({ place: path, file: seen })
  }
  const fileName = file.fileName ?? (kind === 'signed' ? 'smime.p7m' : 'message.eml')
  return inside.length > 0 ? { kind, fileName, inside } : undefined
}

/** The leaves of a MIME tree; `signed`: they lie under a signature that a change would break (RFC 1847 2.1). */
export function* leavesOf(
  part: MimePart,
  path: readonly number[] = [],
  signed = false,
): Generator<{ part: MimePart; path: readonly number[]; signed: boolean }> {
  if (part.children.length === 0) yield { part, path, signed }
  const isSigned = signed || (part.contentType.type === 'multipart' && part.contentType.subtype === 'signed')
  for (const [index, child] of part.children.entries()) yield* leavesOf(child, [...path, index], isSigned)
}
