import type { ControlAnswers } from '../gateway/control-calls.ts'
import { askGateway } from './ask-gateway.ts'
import { type Command, UsageError } from './command.ts'
import { printable } from './printable.ts'

export const explain: Command = {
  name: 'explain',
  usage: 'REFERENCE',
  summary: 'why a message was treated as it was, to the last point',
  async run({ words, options, print }) {
    const id = words[0]
    if (id === undefined) throw new UsageError('explain needs the reference, such as K7Q2-81ZX-4M3P')
    const record = await askGateway(options, 'explain', { id })
    if (record === null) {
      print(options.json ? 'null' : `no decision ${printable(id)} is stored`)
      return 1
    }
    print(options.json ? JSON.stringify(record) : explanation(record))
    return 0
  },
}

/** Everything of a record for people. Addresses come from outside: control characters never reach the terminal. */
function explanation(record: NonNullable<ControlAnswers['explain']>): string {
  const lines = [
    `${record.id}  ${record.direction}  ${record.at}  queue id ${record.queueId ?? 'none'}`,
    `from        ${record.sender || '<>'}${record.author ? ` (author ${record.author})` : ''}`,
    `client      ${record.clientAddress ?? 'local'}`,
    `answer      ${record.answer}`,
    ...record.outcomes.flatMap(({ recipient, outcome, reasons }) => [
      `recipient   ${recipient}: ${outcome}`,
      ...(reasons ?? []).map((reason) => `            ${reason}`),
    ]),
    ...(record.trust
      ? [
          `trust       ${record.trust.score}`,
          ...record.trust.signals.map(
            ({ name, points, evidence }) =>
              `            ${String(points).padStart(4)}  ${name.padEnd(16)} ${evidence}`,
          ),
        ]
      : []),
    `policies    generation ${record.policyGeneration}`,
    `took        ${record.milliseconds} ms`,
  ]
  return lines.map(printable).join('\n')
}
