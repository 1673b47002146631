import type { ControlAnswers } from '../gateway/calls/control-calls.ts'
import { askGateway } from './ask-gateway.ts'
import { type Command, UsageError } from './command.ts'
import { person } from './person.ts'
import { printable, printableText } from './printable.ts'

export const gdpr: Command = {
  name: 'gdpr',
  usage: 'export ADDRESS | erase ADDRESS --reason TEXT',
  summary:
    'what is stored about an address, as JSON; its erasure from the trust memory and from decision records, which leaves no trace of whose it was',
  async run({ words: [verb, address], options, print }) {
    if (address !== undefined && verb === 'export') {
      const record = await askGateway(options, 'gdpr-export', { address })
      print(options.json ? JSON.stringify(record) : printableText(JSON.stringify(record, undefined, 2)))
      return 0
    }
    if (address !== undefined && verb === 'erase') {
      const { reason } = options
      if (reason === undefined)
        throw new UsageError('--reason TEXT is missing: it stays on record, so name nobody in it')
      const answer = await askGateway(options, 'gdpr-erase', { address, by: person(options), reason })
      print(options.json ? JSON.stringify(answer) : linesOf(answer).map(printable).join('\n'))
      return 0
    }
    throw new UsageError(`usage: postsiegel gdpr ${gdpr.usage}`)
  },
}

/** By which command that ends which serves a purpose of its own. */
const endedBy: Readonly<Record<ControlAnswers['gdpr-erase']['elsewhere'][number]['what'], string>> = {
  'pdf-password': 'postsiegel password remove ADDRESS',
  'waiting-mail': 'leaves with the mail',
  key: 'postsiegel key remove KEY',
  'key-request': 'postsiegel key withdraw ADDRESS',
  intake: 'goes with the retention of decisions',
  'list-entry': 'postsiegel block remove, allow remove',
  'held-file': 'postsiegel hold delete ID',
}

function linesOf({ remembered, decisions, held, elsewhere, reference }: ControlAnswers['gdpr-erase']) {
  return [
    `Erased: ${remembered} rows of the trust memory, ${held} records of files; ${decisions} decisions name the address no more.`,
    `On record as ${reference}, without the address.`,
    ...(elsewhere.length > 0 ? ['Still there, because it serves a purpose of its own:'] : []),
    ...elsewhere.map(({ what, detail }) => `  ${what} ${detail}: ${endedBy[what]}`),
  ]
}
