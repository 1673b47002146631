import { randomBytes } from 'node:crypto'
import type { ConversionResult } from '../converter/converter.ts'
import type { OfficeTreatment } from '../decision/office-treatment.ts'
import { opaqueContent } from '../inspection/opaque-signed.ts'
import { partsOfMessage } from '../inspection/parts-of-message.ts'
import { readTnef } from '../inspection/read-tnef.ts'
import { takeTurns } from '../inspection/take-turns.ts'
import { readZipDirectory, unpackMember } from '../inspection/zip-directory.ts'
import { buildMultipart, entityOf, partBytes } from '../message/build-part.ts'
import { type ByteSource, bytesInMemory, concatenated, type Workspace } from '../message/byte-source.ts'
import { decodedBytes } from '../message/decode-body.ts'
import type { OfficeAttachment, OfficeKind, SeenFile } from '../message/facts.ts'
import { headerBytes } from '../message/header.ts'
import type { MimeEntity } from '../message/mime-entity.ts'
import type { MimePart } from '../message/mime-part.ts'
import { replaceParts } from '../message/rewrite.ts'
import { shownFileName } from '../message/shown-file-name.ts'
import { filePart, type NamedFile, textPart } from './file-part.ts'
import { type MemberChange, rebuildZip } from './rebuild-zip.ts'

/** How each Office file is treated, and by what it is converted. */
export interface Reworking {
  readonly treatment: (file: Omit<OfficeAttachment, 'path'>) => Exclude<OfficeTreatment, 'refuse'>
  readonly convert: (content: ByteSource, office: OfficeKind) => Promise<ConversionResult>
  /** Mail with an opaque signature keeps it, and what is inside. */
  readonly leaveSigned: boolean
  /** Boundaries of the multiparts around: what comes out of a signature must not contain one, or it would end parts. */
  readonly boundaries: readonly string[]
  readonly workspace: Pick<Workspace, 'collect'>
}

/** What became of one Office file, for the notice and the record. */
export interface FileFate {
  /** Its name as it can be shown. */
  readonly fileName: string
  readonly file: Omit<OfficeAttachment, 'path'>
  readonly treatment: Exclude<OfficeTreatment, 'refuse'>
  /** undefined where nothing was converted. `closed`: a container that nobody could look into. */
  readonly conversion: ConversionResult | undefined
  readonly closed: boolean
}

/** A file after its treatment, and the PDFs that are to lie beside it. */
export interface Reworked {
  readonly result:
    | { readonly kind: 'same' }
    | { readonly kind: 'gone' }
    | ({ readonly kind: 'file' } & NamedFile)
    /** The content of a message, which is shown in place of what it was wrapped in. */
    | { readonly kind: 'entity'; readonly entity: MimeEntity }
  readonly beside: readonly NamedFile[]
  readonly fates: readonly FileFate[]
}

/** As much as was unpacked when the file was looked at (see-through.ts). */
const maxMemberBytes = 150 * 1024 * 1024

const same: Reworked['result'] = { kind: 'same' }
const gone: Reworked['result'] = { kind: 'gone' }

/** Whether something in the file is withheld, so that the original must be held. Known before anything is converted. */
export function isWithheld(file: SeenFile, reworking: Reworking): boolean {
  switch (file.kind) {
    case 'invoice':
      return false
    case 'office':
    case 'closed':
      return isHeld(treatmentOf(file, reworking))
    case 'signed':
      return !reworking.leaveSigned && file.inside.some((inner) => isWithheld(inner.file, reworking))
    default:
      return file.inside.some((inner) => isWithheld(inner.file, reworking))
  }
}

function isHeld(treatment: OfficeTreatment): boolean {
  return treatment === 'convert' || treatment === 'hold'
}

function treatmentOf(file: SeenFile & { readonly kind: 'office' | 'closed' }, reworking: Reworking) {
  return reworking.treatment(officeOf(file))
}

function officeOf(file: SeenFile & { readonly kind: 'office' | 'closed' }): Omit<OfficeAttachment, 'path'> {
  if (file.kind === 'office') return file
  const { fileName, office, bytes, reason } = file
  return { fileName, office, bytes, macros: false, encrypted: reason === 'encrypted', externalLinks: false }
}

/** Carries out the treatment of a file and of all that is inside. `content` are the bytes that it was seen in. */
export async function reworkFile(
  content: ByteSource,
  file: SeenFile,
  reworking: Reworking,
): Promise<Reworked> {
  switch (file.kind) {
    case 'invoice':
      return { result: same, beside: [], fates: [] }
    case 'office':
      return reworkOffice(content, file, reworking)
    case 'closed': {
      const treatment = treatmentOf(file, reworking)
      const fate = {
        file: officeOf(file),
        fileName: shown(file),
        treatment,
        conversion: undefined,
        closed: true,
      }
      return { result: isHeld(treatment) ? gone : same, beside: [], fates: [fate] }
    }
    case 'zip':
      return reworkZip(whole(content), file, reworking)
    case 'tnef':
      return reworkTnef(whole(content), file, reworking)
    case 'message':
      return reworkMessage(whole(content), file, reworking)
    case 'signed':
      if (reworking.leaveSigned) return { result: same, beside: [], fates: [] }
      return reworkMessage(opaqueContent(whole(content)) ?? Buffer.alloc(0), file, reworking)
  }
}

type Container = SeenFile & { readonly kind: 'zip' | 'tnef' | 'message' | 'signed' }

function whole(content: ByteSource): Buffer {
  return Buffer.from(content.read(0, content.size))
}

function shown(file: { readonly fileName: string; readonly office: OfficeKind }): string {
  return shownFileName(file.fileName) ?? `Dokument.${file.office}`
}

async function reworkOffice(
  content: ByteSource,
  file: SeenFile & { readonly kind: 'office' },
  reworking: Reworking,
): Promise<Reworked> {
  const treatment = treatmentOf(file, reworking)
  const converts = treatment === 'convert' || treatment === 'accompany'
  const conversion = converts ? await reworking.convert(content, file.office) : undefined
  const fileName = shown(file)
  const fates = [{ file, fileName, treatment, conversion, closed: false }]
  const pdf = conversion?.kind === 'converted' && {
    fileName: `${fileName.replace(/\.[A-Za-z0-9]{1,5}$/, '')}.pdf`,
    mediaType: 'application/pdf',
    content: bytesInMemory(conversion.pdf),
  }
  if (!isHeld(treatment)) return { result: same, beside: pdf ? [pdf] : [], fates }
  return { result: pdf ? { kind: 'file', ...pdf } : gone, beside: [], fates }
}

async function reworkZip(zip: Buffer, file: Container, reworking: Reworking): Promise<Reworked> {
  const members = readZipDirectory(zip) ?? []
  const changes = new Map<number, MemberChange>()
  const inTurn = takeTurns(2)
  const reworked = await Promise.all(
    file.inside.map((inner) =>
      inTurn(async () => {
        const [index = 0] = inner.place
        const member = members[index]
        if (!member) throw new RangeError('an archive changed since it was looked at')
        const unpacked = await unpackMember(zip, member, maxMemberBytes)
        // What cannot be unpacked the engine calls broken.
        const bytes = bytesInMemory(typeof unpacked === 'string' ? Buffer.alloc(0) : unpacked)
        const converting = unpacked === 'too-large' ? { ...reworking, convert: tooLarge } : reworking
        const inside = await reworkFile(bytes, inner.file, converting)
        if (inside.result.kind !== 'same') changes.set(index, memberInPlace(member.name, inside.result))
        return inside
      }),
    ),
  )
  const beside = reworked.flatMap((inside) => inside.beside)
  const fates = reworked.flatMap((inside) => inside.fates)
  if (changes.size === 0) return { result: same, beside, fates }
  const rebuilt = rebuildZip(zip, members, changes)
  // Nothing remains, or it is no archive that we can write (Zip64, encrypted members): then what could be made lies beside.
  if (!rebuilt) return { result: gone, beside: [...reworked.flatMap(asFile), ...beside], fates }
  const fileName = shownFileName(file.fileName) ?? 'Archiv.zip'
  const content = bytesInMemory(rebuilt)
  return { result: { kind: 'file', fileName, mediaType: 'application/zip', content }, beside, fates }
}

const tooLarge: Reworking['convert'] = async () => ({ kind: 'failed', reason: 'too-large' })

function asFile({ result }: Reworked): NamedFile[] {
  if (result.kind !== 'file') return []
  const { fileName, mediaType, content } = result
  return [{ fileName, mediaType, content }]
}

function memberInPlace(name: string, result: Reworked['result']): MemberChange {
  // The bytes of the name stay, whatever their code page is.
  const stem = name.replace(/\.[A-Za-z0-9]{1,5}$/, '').slice(-0xff00)
  switch (result.kind) {
    case 'file': {
      const extension = /\.[A-Za-z0-9]{1,5}$/.exec(result.fileName)?.[0] ?? ''
      return { name: `${stem}${extension}`, content: whole(result.content) }
    }
    case 'entity': {
      const head = Buffer.from('MIME-Version: 1.0\r\n')
      const message = concatenated([bytesInMemory(head), partBytes(result.entity)])
      return { name: `${stem}.eml`, content: whole(message) }
    }
    default:
      return undefined
  }
}

/** A multipart of the stream's parts: nobody but Outlook reads it, and it cannot be rebuilt. */
async function reworkTnef(bytes: Buffer, file: Container, reworking: Reworking): Promise<Reworked> {
  const { workspace } = reworking
  const parts: ByteSource[] = []
  const pdfs: NamedFile[] = []
  const fates: FileFate[] = []
  const inside = new Map(file.inside.map((inner) => [inner.place[0], inner.file]))
  for (const [index, part] of readTnef(bytes).parts.entries()) {
    const content = bytesInMemory(part.content)
    const seen = inside.get(index)
    const reworked = seen && (await reworkFile(content, seen, reworking))
    fates.push(...(reworked?.fates ?? []))
    const fileName = shownFileName(part.fileName) ?? 'winmail.bin'
    const result = reworked?.result ?? same
    if (result.kind === 'file') parts.push(await filePart(result, workspace))
    else if (result.kind === 'entity') parts.push(partBytes(result.entity))
    else if (result.kind === 'same' && part.kind === 'body' && part.mediaType.startsWith('text/')) {
      parts.push(await textPart(part.content, part.mediaType, workspace))
    } else if (result.kind === 'same') {
      parts.push(await filePart({ fileName, mediaType: safeType(part.mediaType), content }, workspace))
    }
    for (const each of reworked?.beside ?? []) parts.push(await filePart(each, workspace))
    pdfs.push(...(reworked?.beside ?? []))
  }
  if (!isWithheld(file, reworking)) return { result: same, beside: pdfs, fates }
  const entity = buildMultipart('mixed', new Map(), parts, newBoundary())
  return parts.length > 0
    ? { result: { kind: 'entity', entity }, beside: [], fates }
    : { result: gone, beside: [], fates }
}

/** A container type of the sender's choice would open what we wrapped. */
function safeType(mediaType: string): string {
  return /^(?:multipart|message)\//i.test(mediaType) ? 'application/octet-stream' : mediaType
}

async function reworkMessage(bytes: Buffer, file: Container, reworking: Reworking): Promise<Reworked> {
  const tree = partsOfMessage(bytes)
  if (!tree) throw new RangeError('a message changed since it was looked at')
  const source = bytesInMemory(bytes)
  const inner = { ...reworking, boundaries: [...reworking.boundaries, ...boundariesIn(tree.root)] }
  const replacements = new Map<string, ByteSource>()
  const fates: FileFate[] = []
  const beside: NamedFile[] = []
  for (const { place, file: seen } of file.inside) {
    const part = partAt(tree.root, place)
    const content = bytesInMemory(await decodedBytes(source, part, bytes.length))
    const reworked = await reworkFile(content, seen, inner)
    fates.push(...reworked.fates)
    beside.push(...reworked.beside)
    if (reworked.result.kind === 'same') continue
    const parts = await partsOf({ ...reworked, beside: [] }, content, reworking.workspace)
    const [only] =
      parts.length === 0
        ? [await textPart(Buffer.from(withheldMark), 'text/plain', reworking.workspace)]
        : parts
    if (only) replacements.set(place.join('.'), only)
  }
  // Where nothing is withheld the message stays, and the PDFs lie beside it.
  if (replacements.size === 0) return { result: same, beside, fates }
  const root = replacements.get('')
  const rewritten = root ?? replaceParts(source, tree, replacements)
  if (file.kind === 'signed') {
    const bytesNow = whole(rewritten)
    // The lines of the sender stood in base64 so far.
    if (reworking.boundaries.some((boundary) => bytesNow.includes(`--${boundary}`, 0, 'latin1'))) {
      return { result: gone, beside: [], fates: fates.map(unopened) }
    }
    const now = partsOfMessage(bytesNow)
    if (!now) return { result: gone, beside: [], fates: fates.map(unopened) }
    const entity = entityOf(now.root.fields, bytesInMemory(bytesNow), now.root.bodyStart)
    return { result: { kind: 'entity', entity }, beside, fates }
  }
  const fields = tree.root.fields.filter(({ name }) => !/^(?:content-.*|mime-version)$/i.test(name))
  const message = root
    ? concatenated([
        bytesInMemory(headerBytes(fields)),
        bytesInMemory(Buffer.from('MIME-Version: 1.0\r\n')),
        root,
      ])
    : rewritten
  const fileName = shownFileName(file.fileName) ?? 'Nachricht.eml'
  // As message/rfc822 it could not be encoded (RFC 2046 5.2.1), and its lines could end parts around it.
  const mediaType = 'application/octet-stream'
  return { result: { kind: 'file', fileName, mediaType, content: message }, beside, fates }
}

/** Of a container that stays closed nothing is delivered, whatever was made of what is inside. */
function unopened(fate: FileFate): FileFate {
  return { ...fate, conversion: undefined, closed: true }
}

/** What stands for a file without PDF inside of a message; the notice beside the message says more. */
const withheldMark = 'Hier wurde eine Datei zurückgehalten. / A file was withheld here.\r\n'

/** The complete parts that stand for a reworked file; none if all of it is gone. */
export async function partsOf(
  { result, beside }: Pick<Reworked, 'result' | 'beside'>,
  original: ByteSource,
  workspace: Pick<Workspace, 'collect'>,
): Promise<ByteSource[]> {
  const parts: ByteSource[] = []
  if (result.kind === 'same') parts.push(original)
  if (result.kind === 'file') parts.push(await filePart(result, workspace))
  if (result.kind === 'entity') parts.push(partBytes(result.entity))
  for (const each of beside) parts.push(await filePart(each, workspace))
  return parts
}

/** RFC 2046 5.1.1: 128 random bits occur in no part. */
export function newBoundary(): string {
  return randomBytes(16).toString('hex')
}

/** The boundaries of all multiparts in a tree. */
export function boundariesIn(part: MimePart): string[] {
  const boundary =
    part.contentType.type === 'multipart' ? part.contentType.parameters.get('boundary') : undefined
  return [...(boundary ? [boundary.trimEnd()] : []), ...part.children.flatMap(boundariesIn)]
}

export function partAt(root: MimePart, path: readonly number[]): MimePart {
  return path.reduce((part, index) => {
    const child = part.children[index]
    if (!child) throw new RangeError(`no part ${path.join('.')} in the message`)
    return child
  }, root)
}
