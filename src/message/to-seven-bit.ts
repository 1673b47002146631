import { buildPart, partBytes } from './build-part.ts'
import { type ByteSource, bytesInMemory, concatenated, type Workspace } from './byte-source.ts'
import { decoded } from './decode-body.ts'
import { encodeBase64 } from './encode-base64.ts'
import type { HeaderField } from './header-field.ts'
import { latin1Bytes } from './latin1.ts'
import { findInLines, type LineFindings, withLineEnds } from './line-findings.ts'
import type { MimeEntity } from './mime-entity.ts'
import type { MimePart } from './mime-part.ts'
import { MimeScanner } from './mime-scanner.ts'
import { encodeQuotedPrintable } from './quoted-printable.ts'

/** An entity made ready for signing. */
export interface SevenBitEntity extends MimeEntity {
  /**
   * False if something had to stay that a server could change on its way: a part that is signed or encrypted already,
   * 8-bit bytes in a header. The bytes are right all the same.
   */
  readonly isSevenBit: boolean
}

/**
 * An entity that no server has a reason to re-encode (RFC 8551 3.1.3): parts that are not 7-bit, have lines above 998
 * bytes, blanks at line ends or "From " lines become quoted-printable (text) or base64; line ends become CRLF. Parts
 * that are signed or encrypted are closed boxes: changing a byte breaks them. What needs nothing keeps its bytes.
 */
export async function toSevenBit(entity: MimeEntity, workspace: Workspace): Promise<SevenBitEntity> {
  const source = partBytes(entity)
  const scanner = new MimeScanner()
  for await (const chunk of source.stream()) scanner.push(chunk)
  const { root } = scanner.end()
  const rewriting = new Rewriting(source, workspace)
  const { fields, body } = await rewriting.part(root)
  return { fields: fields ?? entity.fields, body, isSevenBit: rewriting.isSevenBit }
}

/** `fields` only where they changed. */
interface Rewritten {
  readonly fields: readonly HeaderField[] | undefined
  readonly body: ByteSource
}

class Rewriting {
  readonly #source: ByteSource
  readonly #workspace: Workspace
  isSevenBit = true

  constructor(source: ByteSource, workspace: Workspace) {
    this.#source = source
    this.#workspace = workspace
  }

  async part(part: MimePart): Promise<Rewritten> {
    await this.#judge(part.headerStart, part.bodyStart)
    if (isClosed(part)) {
      await this.#judge(part.bodyStart, part.bodyEnd)
      return { fields: undefined, body: this.#source.window(part.bodyStart, part.bodyEnd) }
    }
    return part.children.length > 0 ? this.#container(part) : this.#leaf(part)
  }

  async #leaf(part: MimePart): Promise<Rewritten> {
    const { bodyStart, bodyEnd, transferEncoding } = part
    const found = await findInLines(this.#source.stream(bodyStart, bodyEnd))
    const isEncoded = transferEncoding === 'base64' || transferEncoding === 'quoted-printable'
    const isPlain = ['7bit', '8bit', 'binary'].includes(transferEncoding)
    // RFC 2045 6.4: multiparts and messages, also broken ones, are never encoded; what is encoded in a way that we do not
    // know cannot be undone.
    const canEncode = (isEncoded || isPlain) && !['message', 'multipart'].includes(part.contentType.type)
    const wantsEncoding =
      isRefusable(found) ||
      found.bareReturn ||
      (isPlain && (transferEncoding !== '7bit' || found.trailingBlank || found.fromLine))
    if (!wantsEncoding || !canEncode) {
      if (isRefusable(found)) this.isSevenBit = false
      return { fields: undefined, body: await this.#canonical(found, bodyStart, bodyEnd) }
    }
    const encoding =
      part.contentType.type === 'text' && transferEncoding !== 'base64' ? 'quoted-printable' : 'base64'
    const encode = encoding === 'base64' ? encodeBase64 : encodeQuotedPrintable
    return {
      fields: withEncoding(part.fields, encoding),
      body: await this.#workspace.collect(encode(decoded(this.#source, part))),
    }
  }

  async #container(part: MimePart): Promise<Rewritten> {
    const pieces: ByteSource[] = []
    let copied = part.bodyStart
    for (const child of part.children) {
      pieces.push(await this.#text(copied, child.headerStart))
      const { fields, body } = await this.part(child)
      if (fields) pieces.push(buildPart(fields, body))
      else pieces.push(await this.#text(child.headerStart, child.bodyStart), body)
      copied = child.bodyEnd
      if (fields && !this.#beginsWithLineEnd(copied)) pieces.push(bytesInMemory(latin1Bytes('\r\n')))
    }
    pieces.push(await this.#text(copied, part.bodyEnd))
    const fields = part.transferEncoding === '7bit' ? undefined : withEncoding(part.fields, undefined)
    return { fields, body: concatenated(pieces) }
  }

  /** What belongs to no body: headers, boundaries and the text around them. */
  async #text(start: number, end: number): Promise<ByteSource> {
    return this.#canonical(await this.#judge(start, end), start, end)
  }

  async #judge(start: number, end: number): Promise<LineFindings> {
    const found = await findInLines(this.#source.stream(start, end))
    if (isRefusable(found)) this.isSevenBit = false
    return found
  }

  async #canonical(found: LineFindings, start: number, end: number): Promise<ByteSource> {
    if (!found.bareFeed) return this.#source.window(start, end)
    return this.#workspace.collect(withLineEnds(this.#source.stream(start, end)))
  }

  /** An empty part can share its line end with the boundary before it; one that has grown cannot. */
  #beginsWithLineEnd(offset: number): boolean {
    const [next] = this.#source.read(offset, offset + 1)
    return next === undefined || next === 13 || next === 10
  }
}

function isRefusable({ eightBit, overlong }: LineFindings): boolean {
  return eightBit || overlong
}

function isClosed({ contentType: { type, subtype } }: MimePart): boolean {
  if (type === 'multipart') return subtype === 'signed' || subtype === 'encrypted'
  return type === 'application' && /^(?:x-)?pkcs7-/.test(subtype)
}

/** The fields with another transfer encoding; `undefined` is the default, 7bit, which needs no field. */
function withEncoding(fields: readonly HeaderField[], encoding: string | undefined): readonly HeaderField[] {
  const others = fields.filter(({ name }) => name.toLowerCase() !== 'content-transfer-encoding')
  return encoding ? [...others, { name: 'Content-Transfer-Encoding', value: ` ${encoding}` }] : others
}
