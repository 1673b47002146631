import { parseContentType, parseParameters } from './content-type.ts'
import { fieldsNamed, firstValue } from './header.ts'
import type { HeaderField } from './header-field.ts'
import { decoderFor } from './latin1.ts'
import type { MimePart } from './mime-part.ts'

/** What a header says about its part, and where programs would read it differently. */
export interface PartDescription
  extends Pick<MimePart, 'contentType' | 'transferEncoding' | 'fileName' | 'disposition'> {
  /** The multipart's boundary, as bytes in latin1. */
  readonly boundary: string | undefined
  readonly ambiguities: readonly string[]
}

const knownEncodings = new Set(['7bit', '8bit', 'binary', 'base64', 'quoted-printable'])

/** `defaultType` is what a part without a Content-Type is: message/rfc822 in a digest (RFC 2046 5.1.5). */
export function describePart(
  fields: readonly HeaderField[],
  defaultType: 'text/plain' | 'message/rfc822' = 'text/plain',
): PartDescription {
  const ambiguities = new Set<string>()
  for (const name of ['Content-Type', 'Content-Transfer-Encoding', 'Content-Disposition']) {
    if (fieldsNamed(fields, name).length > 1) ambiguities.add(`duplicate-${name.toLowerCase()}`)
  }
  const type = parseContentType(firstValue(fields, 'Content-Type') ?? defaultType)
  const disposition = parseParameters(firstValue(fields, 'Content-Disposition') ?? '')
  for (const name of [...type.ambiguities, ...disposition.ambiguities]) ambiguities.add(name)
  const transferEncoding = encodingOf(fields, ambiguities)
  const { contentType } = type
  const isContainer = contentType.type === 'multipart' || isMessage(contentType)
  if (isContainer && !['7bit', '8bit', 'binary'].includes(transferEncoding)) {
    // RFC 2046 5.1 and 5.2.1 forbid it; some programs decode first, most do not.
    ambiguities.add('encoded-container')
  }
  const charset = contentType.parameters.get('charset')
  if (contentType.type === 'text' && charset && !decoderFor(charset)) ambiguities.add('unknown-charset')
  const fileNames = [disposition.parameters.get('filename'), contentType.parameters.get('name')].filter(
    (name) => name !== undefined && name !== '',
  )
  if (new Set(fileNames).size > 1) ambiguities.add('differing-file-name')
  return {
    contentType,
    transferEncoding,
    fileName: fileNames[0],
    disposition: dispositionOf(disposition.first),
    boundary: type.boundary,
    ambiguities: [...ambiguities],
  }
}

/** RFC 2046 5.2.1; message/global is the same with UTF-8 in its header (RFC 6532 3.7). */
export function isMessage({ type, subtype }: MimePart['contentType']): boolean {
  return type === 'message' && (subtype === 'rfc822' || subtype === 'global')
}

function encodingOf(fields: readonly HeaderField[], ambiguities: Set<string>): string {
  const parsed = parseParameters(firstValue(fields, 'Content-Transfer-Encoding') ?? '7bit')
  const encoding = parsed.first === '' ? '7bit' : parsed.first
  if (parsed.first === '' || parsed.parameters.size > 0 || !knownEncodings.has(encoding)) {
    ambiguities.add('unknown-transfer-encoding')
  }
  return encoding
}

/** RFC 2183 2.8: an unknown disposition is an attachment. */
function dispositionOf(first: string): MimePart['disposition'] {
  if (first === '') return undefined
  return first === 'inline' ? 'inline' : 'attachment'
}
