import { readFile } from 'node:fs/promises'
import type { ControlAnswers } from '../gateway/calls/control-calls.ts'
import { askGateway } from './ask-gateway.ts'
import { type Command, type CommandCall, UsageError } from './command.ts'
import { factLines, recordLines, verdictLines } from './explain-text.ts'
import { printable } from './printable.ts'

export const explain: Command = {
  name: 'explain',
  usage: 'REFERENCE | FILE | --id REFERENCE',
  summary:
    'why a message was treated as it was, to the last point; or what would become of the message in a file, which changes nothing',
  async run(call) {
    const [word] = call.words
    const id = call.options.id ?? (word !== undefined && isReference(word) ? word : undefined)
    if (id !== undefined) return explainRecord(call, id)
    if (word === undefined)
      throw new UsageError('explain needs a reference, such as K7Q2-81ZX-4M3P, or a file')
    return explainFile(call, word)
  },
}

/** As `newMessageId` makes them, and shortened ones are none. */
function isReference(word: string): boolean {
  return /^[0-9A-Z]{4}(-[0-9A-Z]{4}){2}$/i.test(word)
}

async function explainRecord({ options, print }: CommandCall, id: string): Promise<number> {
  const record = await askGateway(options, 'explain', { id, today: options.today })
  if (record === null) {
    print(options.json ? 'null' : `no decision ${printable(id)} is stored`)
    return 1
  }
  const show = (lines: readonly string[]) => print(lines.map(printable).join('\n'))
  if (options.json) print(JSON.stringify(record))
  else {
    show(recordLines(record))
    if (options.today) {
      show(
        record.today
          ? ['', 'By today’s policies it would be:', ...verdictLines(record.today)]
          : ['', 'Its facts are not stored, so it cannot be judged again.'],
      )
    }
  }
  return 0
}

async function explainFile({ options, print }: CommandCall, file: string): Promise<number> {
  const answer = await askGateway(options, 'explain-message', {
    message: (await contentOf(file)).toString('base64'),
    recipients: options.to?.split(',').map((each) => each.trim()) ?? [],
    ...(options.from === undefined ? {} : { sender: options.from.replace(/^<(.*)>$/, '$1') }),
    ...(options.clientIp === undefined ? {} : { clientAddress: options.clientIp }),
    ...(options.clientName === undefined ? {} : { clientName: options.clientName }),
    ...(options.helo === undefined ? {} : { helo: options.helo }),
  })
  print(options.json ? JSON.stringify(answer) : textOf(answer))
  return 0
}

async function contentOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function textOf(answer: ControlAnswers['explain-message']): string {
  const lines = [
    'If this message arrived now. Nothing is stored; DNS, scanner and scorer were asked as for live mail.',
    `from        ${answer.sender || '<>'}${answer.author ? ` (author ${answer.author})` : ''}`,
    ...answer.recipients.map((recipient) => `to          ${recipient}`),
    `client      ${answer.clientAddress ?? 'none given (--client-ip): SPF was not asked'}`,
    ...factLines(answer.facts),
    ...verdictLines(answer),
  ]
  return lines.map(printable).join('\n')
}
