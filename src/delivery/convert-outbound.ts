import type { ConversionFailure } from '../converter/converter.ts'
import { PermanentFailure, TemporaryFailure } from '../failure.ts'
import { attachedFiles, officeIn } from '../inspection/office-files.ts'
import { buildPart, partBytes } from '../message/build-part.ts'
import type { Workspace } from '../message/byte-source.ts'
import { describesBody } from '../message/mime-entity.ts'
import { readMessage } from '../message/read-message.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { replaceParts } from '../message/rewrite.ts'
import { type OfficeHouse, replaceOfficeFiles } from './replace-office-files.ts'

/** In these the document is at fault: sending again would not help. */
const permanent: readonly ConversionFailure[] = ['password', 'broken', 'too-large', 'time-limit']

/**
 * Our own message with PDFs for its Office files; undefined if it has none. `refuse`: it goes back to its author, who
 * learns the type of the file. A file that no PDF can be made of goes back, too: never out as it is.
 */
export async function convertOutbound(
  message: ReceivedMessage,
  office: 'convert' | 'refuse',
  converter: OfficeHouse['converter'],
  workspace: Workspace,
  signal: AbortSignal,
): Promise<ReceivedMessage | undefined> {
  const files = await attachedFiles(message, signal)
  const [first] = officeIn(files)
  if (!first) return undefined
  if (office === 'refuse') {
    throw new PermanentFailure(
      '7.1',
      `Office files (${first.office}) are not sent to this recipient: send a PDF`,
    )
  }
  const { entities, fates } = await replaceOfficeFiles(
    message,
    files,
    { treatment: () => 'convert', signedMail: 'convert', flatten: false, comesAsMail: false, holds: false },
    { converter, telephone: '', hold: async () => [] },
    workspace,
    signal,
  )
  for (const { file, conversion, closed } of fates) {
    if (conversion?.kind === 'converted') continue
    const why = closed || !conversion ? 'it cannot be looked into' : conversion.reason
    if (conversion && !permanent.includes(conversion.reason)) {
      throw new TemporaryFailure('3.0', 'Office files cannot be converted at the moment')
    }
    throw new PermanentFailure('7.1', `No PDF could be made of an Office file (${file.office}): ${why}`)
  }
  const root = entities.get('')
  const own = message.fields.filter(({ name }) => !describesBody(name))
  const version = { name: 'MIME-Version', value: ' 1.0' }
  const source = root
    ? buildPart([...own, version, ...root.fields], root.body)
    : replaceParts(
        message.source,
        message.tree,
        new Map(Array.from(entities, ([path, entity]) => [path, partBytes(entity)])),
      )
  return { ...message, ...(await readMessage(source)) }
}
