import type { ReceivedMessage } from '../../src/message/received-message.ts'
import type { FinalAnswer } from '../../src/milter/filter.ts'

/** The message as Postfix has it after an accepting answer: deletions by name and number, additions below, insertions on top. */
export async function applyEdits(message: ReceivedMessage, answer: FinalAnswer): Promise<Buffer> {
  if (answer.kind !== 'accept') throw new Error('refused')
  const gone = answer.edits.flatMap((edit) => {
    if (edit.kind !== 'deleteHeader') return []
    const sameName = message.fields.filter(({ name }) => name.toLowerCase() === edit.name.toLowerCase())
    return [sameName[edit.occurrence - 1]]
  })
  let header = message.fields.filter((field) => !gone.includes(field))
  for (const edit of answer.edits) {
    if (edit.kind === 'addHeader') header = [...header, edit]
    if (edit.kind === 'insertHeader') header = [edit, ...header]
  }
  const pieces = [
    Buffer.from(`${header.map(({ name, value }) => `${name}:${value}\r\n`).join('')}\r\n`, 'latin1'),
  ]
  for await (const piece of answer.body ?? message.source.stream(message.bodyStart))
    pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}
