import { contentTypeField } from './build-field.ts'
import { type ByteSource, bytesInMemory, concatenated } from './byte-source.ts'
import { headerBytes } from './header.ts'
import type { HeaderField } from './header-field.ts'
import { latin1Bytes } from './latin1.ts'
import type { MimeEntity } from './mime-entity.ts'

/** A complete part: fields, blank line, body. */
export function buildPart(fields: readonly HeaderField[], body: ByteSource): ByteSource {
  return concatenated([bytesInMemory(headerBytes(fields)), bytesInMemory(latin1Bytes('\r\n')), body])
}

/** The bytes of an entity as a signature covers them (RFC 1847 2.1): fields, blank line, body. */
export function partBytes(entity: MimeEntity): ByteSource {
  return buildPart(entity.fields, entity.body)
}

/**
 * A multipart of complete parts (RFC 2046 5.1.1). `boundary` must occur in none of them: a random one of 128 bits
 * does not. Parameters come in the order given, the boundary last.
 */
export function buildMultipart(
  subtype: string,
  parameters: ReadonlyMap<string, string>,
  parts: readonly ByteSource[],
  boundary: string,
): MimeEntity {
  const line = (text: string) => bytesInMemory(latin1Bytes(text))
  const pieces = parts.flatMap((part, index) => [line(`${index === 0 ? '' : '\r\n'}--${boundary}\r\n`), part])
  return {
    fields: [contentTypeField(`multipart/${subtype}`, new Map([...parameters, ['boundary', boundary]]))],
    body: concatenated([...pieces, line(`\r\n--${boundary}--\r\n`)]),
  }
}

/**
 * The content of a received message: its Content-* fields, the type first, and the window behind its header. A message
 * without a type is plain ASCII text (RFC 2045 5.2), and the entity says so.
 */
export function entityOf(fields: readonly HeaderField[], source: ByteSource, bodyStart: number): MimeEntity {
  const content = fields.filter(({ name }) => /^content-./i.test(name))
  const isType = ({ name }: HeaderField) => name.toLowerCase() === 'content-type'
  const types = content.filter(isType)
  const type = types.length > 0 ? types : [contentTypeField('text/plain', new Map([['charset', 'us-ascii']]))]
  return {
    fields: [...type, ...content.filter((field) => !isType(field))],
    body: source.window(bodyStart, source.size),
  }
}
