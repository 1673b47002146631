import { randomBytes } from 'node:crypto'
import { buildField } from '../message/build-field.ts'
import { buildMultipart, partBytes } from '../message/build-part.ts'
import { parseContentType } from '../message/content-type.ts'
import type { HeaderField } from '../message/header-field.ts'
import type { MimeEntity } from '../message/mime-entity.ts'

/** Outside of encrypted mail, instead of its subject (RFC 9788 3.2.1, hcp_baseline). */
export const hiddenSubject = '[...]'

/**
 * What the author wrote or his program wrote for him. Never what servers add, and never Bcc: a copy of that would tell
 * one recipient of others.
 */
const protectedNames =
  /^(?:from|sender|reply-to|to|cc|date|subject|message-id|in-reply-to|references|comments|keywords|importance)$/i

/**
 * The fields of a message as they leave: with a hidden subject if wanted. There is nothing to hide in a mail without one.
 */
export function outerFields(
  fields: readonly HeaderField[],
  subject: string | undefined,
): readonly HeaderField[] {
  if (subject === undefined) return fields
  return fields
    .filter(({ name }) => name.toLowerCase() !== 'thread-topic')
    .map((field) => (field.name.toLowerCase() === 'subject' ? buildField(field.name, subject) : field))
}

/**
 * Puts a copy of the header on what will be signed, or signed and encrypted (RFC 9788 4.1, 5.1). `outer` are the fields
 * as they leave: of an encrypted mail HP-Outer tells the reader what stood there, so that an answer hides the same.
 */
export function withProtectedHeader(
  entity: MimeEntity,
  fields: readonly HeaderField[],
  protection: 'clear' | 'cipher',
  outer: readonly HeaderField[],
): MimeEntity {
  const type = entity.fields.find(isContentType)
  // The author's own program protected it: its copy is what he signed for.
  if (!type || parseContentType(type.value).contentType.parameters.has('hp')) return entity
  const inner = fields.filter(({ name }) => protectedNames.test(name))
  const shown = protection === 'cipher' ? outer.filter(({ name }) => protectedNames.test(name)) : []
  return {
    fields: [
      { name: type.name, value: `${withoutSemicolon(type.value)};\r\n hp="${protection}"` },
      ...entity.fields.filter((field) => field !== type),
      ...inner,
      // With its own folds: whatever could be sent outside can be sent inside.
      ...shown.map(({ name, value }) => ({ name: 'HP-Outer', value: ` ${name}:${value}` })),
    ],
    body: entity.body,
  }
}

/** A signed entity must not change, so its header stands on a box around it. */
export function boxed(entity: MimeEntity): MimeEntity {
  return buildMultipart('mixed', new Map(), [partBytes(entity)], `=_${randomBytes(16).toString('hex')}`)
}

function withoutSemicolon(value: string): string {
  return value.trimEnd().replace(/;$/, '').trimEnd()
}

function isContentType({ name }: HeaderField): boolean {
  return name.toLowerCase() === 'content-type'
}
