import type { ControlAnswers } from '../gateway/calls/control-calls.ts'
import { askGateway } from './ask-gateway.ts'
import { type Command, type CommandCall, type Options, UsageError } from './command.ts'
import { person } from './person.ts'
import { printable } from './printable.ts'
import { allow } from './sender-list.ts'

export const trust: Command = {
  name: 'trust',
  usage:
    'show [ADDRESS] | set ADDRESS --points N --reason TEXT [--requires dkim] [--until DAY] | forget ADDRESS --reason TEXT | heal REFERENCE --reason TEXT',
  summary:
    'what is remembered of a sender: show it, set points by hand, forget it; heal lets a sender who was refused in with his next try',
  async run(call) {
    const [verb, subject] = call.words
    const { options, print } = call
    const tell = (answer: unknown, text: string) =>
      print(options.json ? JSON.stringify(answer) : text.split('\n').map(printable).join('\n'))
    switch (verb) {
      case 'show': {
        if (subject === undefined) return showNames(call)
        const known = await askGateway(options, 'trust-show', { address: subject })
        tell(known, linesOf(subject, known).join('\n'))
        return 0
      }
      case 'set':
        if (subject === undefined || options.points === undefined) break
        // An entry of the allow list: one store, one matching, one place to take it back.
        return allow.run({ ...call, words: ['add', subject] })
      case 'forget': {
        if (subject === undefined) break
        const answer = await askGateway(options, 'trust-forget', { address: subject, ...act(options) })
        tell(answer, `${subject}: ${answer.forgotten === 0 ? 'nothing was remembered' : 'forgotten'}`)
        return answer.forgotten === 0 ? 1 : 0
      }
      case 'heal': {
        if (subject === undefined) break
        const answer = await askGateway(options, 'trust-heal', { reference: subject, ...act(options) })
        tell(answer, `The sender gets in with his next try, until ${answer.openUntil}.`)
        return 0
      }
    }
    throw new UsageError(`usage: postsiegel trust ${trust.usage}`)
  },
}

async function showNames({ options, print }: CommandCall): Promise<number> {
  const answer = await askGateway(options, 'trust-names', {})
  if (options.json) print(JSON.stringify(answer))
  else if (!answer.kept && answer.names.length === 0)
    print(
      'Addresses are stored as keyed hashes only: name one, or keep names by the setting trust.clearText.',
    )
  else print(answer.names.map(({ address, lastAt }) => printable(`${lastAt}  ${address}`)).join('\n'))
  return 0
}

function act(options: Options): { readonly by: string; readonly reason: string } {
  if (options.reason === undefined) throw new UsageError('--reason TEXT is missing: it stays on record')
  return { by: person(options), reason: options.reason }
}

function linesOf(address: string, known: ControlAnswers['trust-show']): string[] {
  const { relation, writers, writerNames, history, tokens, refusals } = known
  const day = (at: number | undefined) =>
    at === undefined ? 'never' : new Date(at).toISOString().slice(0, 10)
  const seen = (['signed', 'spf', 'origin'] as const).filter((way) => history.seen[way])
  const number = (count: number) => String(Math.round(count * 10) / 10)
  return [
    address,
    `we wrote      first ${day(relation.firstAt)}, last ${day(relation.lastAt)}`,
    `mails, by now ${number(relation.address)} to the address, ${number(relation.domain)} to its domain`,
    `writers here  ${writers}${writerNames.length > 0 ? `: ${writerNames.join(', ')}` : ''}`,
    `mail to us    ${number(history.accepted)} accepted, ${number(history.refused)} refused`,
    `its domain    ${seen.length > 0 ? `came by ${seen.join(', ')}` : 'nothing is known of how its mail comes'}`,
    `can answer    ${tokens} mails of ours`,
    ...refusals.map(
      ({ reference, at, openUntil }) =>
        `refused       ${reference} ${at}${openUntil ? `, let in until ${openUntil}` : ''}`,
    ),
  ]
}
