import { randomBytes } from 'node:crypto'
import { contentTypeField } from '../message/build-field.ts'
import { buildMultipart, buildPart } from '../message/build-part.ts'
import type { ByteSource, Workspace } from '../message/byte-source.ts'
import { parseHeader } from '../message/header.ts'
import type { HeaderField } from '../message/header-field.ts'
import { findInLines, withLineEnds } from '../message/line-findings.ts'
import { describesBody, type MimeEntity } from '../message/mime-entity.ts'
import { mimeLimits } from '../message/mime-limits.ts'
import { toSevenBit } from '../message/to-seven-bit.ts'
import { isWritable } from './writable-field.ts'

/** What was inside of a protection. */
export interface ContentEntity {
  readonly entity: MimeEntity
  /** All that its header said, protected fields included. */
  readonly header: readonly HeaderField[]
}

/**
 * Opened content as an entity of its own, that Postfix can carry: lines end with CRLF and are short, and the fields that
 * describe it can stand in the message's header. Where they cannot, it becomes the one part of a multipart. Of its other
 * fields nothing gets into the entity: what is inside may say what it likes about trust.
 */
export async function contentEntity(content: ByteSource, workspace: Workspace): Promise<ContentEntity> {
  const { header, bodyStart } = splitContent(content)
  const body = content.window(bodyStart, content.size)
  const fields = header.filter(({ name }) => describesBody(name) && !/^mime-version$/i.test(name))
  const names = new Set(fields.map(({ name }) => name.toLowerCase()))
  const isTyped = names.has('content-type')
  const typed = isTyped ? fields : [plainText, ...fields]
  const isHeaderSound = names.size === fields.length && fields.length <= 20 && fields.every(isWritable)
  return {
    entity: await carried(isHeaderSound ? { fields: typed, body } : wrapped(typed, body), workspace),
    header,
  }
}

const plainText = contentTypeField('text/plain', new Map([['charset', 'utf-8']]))

/** Text without any header is what some programs encrypt: then all of it is the body. */
function splitContent(content: ByteSource): { header: readonly HeaderField[]; bodyStart: number } {
  const head = content.read(0, mimeLimits.headerBytes)
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1')
  const emptyHeader = /^\r?\n/.exec(text)
  if (emptyHeader) return { header: [], bodyStart: emptyHeader[0].length }
  const blank = /\n\r?\n/.exec(text)
  const bodyStart = blank ? blank.index + blank[0].length : content.size
  const startsWithField = /^[!-9;-~]+[ \t]*:/.test(text)
  if (!startsWithField || bodyStart > head.length) return { header: [], bodyStart: 0 }
  return { header: parseHeader(head.subarray(0, bodyStart)).fields, bodyStart }
}

/** The entity with its odd header untouched, below a header of ours. */
function wrapped(fields: readonly HeaderField[], body: ByteSource): MimeEntity {
  const boundary = `=_${randomBytes(16).toString('hex')}`
  return buildMultipart('mixed', new Map(), [buildPart(fields, body)], boundary)
}

async function carried(entity: MimeEntity, workspace: Workspace): Promise<MimeEntity> {
  const found = await findInLines(entity.body.stream())
  // A transfer encoding that Postfix cannot carry (binary), or that would be broken on its way.
  if (found.overlong || found.bareReturn) return toSevenBit(entity, workspace)
  return found.bareFeed
    ? { fields: entity.fields, body: await workspace.collect(withLineEnds(entity.body.stream())) }
    : entity
}
