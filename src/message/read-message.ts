import type { ByteSource } from './byte-source.ts'
import { MimeScanner } from './mime-scanner.ts'
import type { ReceivedMessage } from './received-message.ts'

/** The parts of a ReceivedMessage that follow from its bytes. Fails with PermanentFailure 6.0 as MimeScanner does. */
export async function readMessage(
  source: ByteSource,
): Promise<Pick<ReceivedMessage, 'source' | 'tree' | 'fields' | 'bodyStart'>> {
  const scanner = new MimeScanner()
  for await (const piece of source.stream()) scanner.push(piece)
  const tree = scanner.end()
  return { source, tree, fields: tree.root.fields, bodyStart: tree.root.bodyStart }
}
