import type { ControlAnswers, ControlInput } from '../gateway/calls/control-calls.ts'
import { askGateway } from './ask-gateway.ts'
import { type Command, type CommandCall, type Options, UsageError } from './command.ts'
import { person } from './person.ts'
import { printable } from './printable.ts'

export const block: Command = {
  name: 'block',
  usage: 'add SENDER --reason TEXT [--until DAY] | list | remove SENDER --reason TEXT',
  summary:
    'senders that are refused before they send: an address, a domain, *.domain, an IP address or network; beside those of the policy files',
  run: (call) => run('block', block.usage, call),
}

export const allow: Command = {
  name: 'allow',
  usage:
    'add SENDER --reason TEXT [--points N] [--requires dkim] [--until DAY] | list | remove SENDER --reason TEXT',
  summary:
    'senders that get points of trust, as far as they prove who they are, or lose some; beside those of the policy files',
  run: (call) => run('allow', allow.usage, call),
}

type List = 'block' | 'allow'

async function run(list: List, usage: string, { words, options, print }: CommandCall): Promise<number> {
  const [verb, sender] = words
  const tell = (answer: unknown, text: string) => print(options.json ? JSON.stringify(answer) : text)
  switch (verb) {
    case 'add': {
      if (sender === undefined) break
      const entry = { sender, by: person(options), reason: reasonOf(options), ...untilOf(options) }
      const answer =
        list === 'block'
          ? await askGateway(options, 'block-add', entry)
          : await askGateway(options, 'allow-add', { ...entry, ...weightOf(options) })
      tell(answer, printable(`${answer.sender} is on the ${list} list from now on`))
      return 0
    }
    case 'list': {
      const entries = await askGateway(options, 'entry-list', { list })
      tell(entries, entries.map(lineOf).join('\n') || `the ${list} list is empty`)
      return 0
    }
    case 'remove': {
      if (sender === undefined) break
      const input = { list, sender, by: person(options), reason: reasonOf(options) }
      const answer = await askGateway(options, 'entry-remove', input)
      tell(answer, printable(`${sender} ${answer.removed ? 'is off' : 'was not on'} the ${list} list`))
      return answer.removed ? 0 : 1
    }
  }
  throw new UsageError(`usage: postsiegel ${list} ${usage}`)
}

function lineOf(entry: ControlAnswers['entry-list'][number]): string {
  const { sender, reason, by, until, points, requires, addedAt } = entry
  return printable(
    [
      sender.padEnd(32),
      points === undefined ? '' : `${points > 0 ? '+' : ''}${points}${requires ? ` if ${requires}` : ''}  `,
      until === undefined ? '' : `until ${until}  `,
      addedAt === undefined ? 'policy file' : addedAt.slice(0, 10),
      by === undefined ? '' : ` ${by}`,
      `: ${reason}`,
    ].join(''),
  )
}

function reasonOf({ reason }: Options): string {
  if (reason === undefined) throw new UsageError('--reason TEXT is missing: it stays on record')
  return reason
}

function untilOf({ until }: Options): { until?: string } {
  if (until === undefined) return {}
  if (!/^\d{4}-\d{2}-\d{2}$/.test(until))
    throw new UsageError('--until wants the last day, such as 2026-12-31')
  return { until }
}

function weightOf({ points, requires }: Options): Pick<ControlInput<'allow-add'>, 'points' | 'requires'> {
  if (requires !== undefined && requires !== 'dkim' && requires !== 'authenticated')
    throw new UsageError('--requires wants authenticated or dkim')
  if (points !== undefined && !/^-?\d{1,3}$/.test(points))
    throw new UsageError('--points wants a number from -100 to 60')
  return { points: points === undefined ? 40 : Number(points), ...(requires ? { requires } : {}) }
}
