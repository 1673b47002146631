import { contentDispositionField, contentTypeField, structuredField } from '../message/build-field.ts'
import { buildPart } from '../message/build-part.ts'
import { type ByteSource, bytesInMemory, type Workspace } from '../message/byte-source.ts'
import { encodeBase64 } from '../message/encode-base64.ts'

/** A file that is to be attached; its name has been made safe to show. */
export interface NamedFile {
  readonly fileName: string
  readonly mediaType: string
  readonly content: ByteSource
}

/** An attachment, complete. In base64, so that no line of it can be taken for a boundary. */
export async function filePart(
  { fileName, mediaType, content }: NamedFile,
  workspace: Pick<Workspace, 'collect'>,
): Promise<ByteSource> {
  return buildPart(
    [
      contentTypeField(mediaType, new Map([['name', fileName]])),
      contentDispositionField('attachment', fileName),
      structuredField('Content-Transfer-Encoding', 'base64'),
    ],
    await workspace.collect(encodeBase64(content.stream())),
  )
}

/** A text that is shown as part of the message, complete; `mediaType` text/plain or text/html. */
export async function textPart(
  text: Uint8Array,
  mediaType: string,
  workspace: Pick<Workspace, 'collect'>,
): Promise<ByteSource> {
  return buildPart(
    [
      contentTypeField(mediaType, new Map([['charset', 'utf-8']])),
      contentDispositionField('inline'),
      structuredField('Content-Transfer-Encoding', 'base64'),
    ],
    await workspace.collect(encodeBase64(bytesInMemory(text).stream())),
  )
}
