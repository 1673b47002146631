import type { GatewayStatus } from '../gateway/calls/control-calls.ts'
import { askGateway } from './ask-gateway.ts'
import type { Command } from './command.ts'
import { printable } from './printable.ts'

export const status: Command = {
  name: 'status',
  usage: '',
  summary: 'how the running gateway is',
  async run({ options, print }) {
    const answer = await askGateway(options, 'status', {})
    const { policy, connections } = answer
    if (options.json) print(JSON.stringify(answer))
    else {
      print(
        [
          `postsiegel ${answer.version}, running since ${answer.startedAt}`,
          ...(answer.simulatedTime === undefined
            ? []
            : [`TEST MODE    the time is simulated: ${answer.simulatedTime}`]),
          `policies     generation ${policy.generation}, loaded ${policy.loadedAt}`,
          ...policy.problems.map((problem) => `             NOT IN FORCE: ${problem}`),
          `connections  inbound ${connections.inbound}, outbound ${connections.outbound}`,
          `scanner      ${answer.scanner}`,
          `converter    ${answer.converter}`,
          // What counts for nothing is said aloud: mail is judged without it.
          ...answer.lists.map(({ list, state, reason, since }) =>
            state === 'off' || state === 'silent'
              ? `list         ${list}: ${state.toUpperCase()} since ${since}: ${reason}`
              : `list         ${list}: ${state}`,
          ),
          `waiting      ${answer.waiting} messages for a password or certificate`,
          `held         ${answer.held} originals`,
          ...(answer.intake ? [intakeLine(answer.intake)] : []),
          `keys         ${answer.keys.pending} wait for review, ${answer.keys.expiring} end within 30 days`,
        ]
          .map(printable)
          .join('\n'),
      )
    }
    return policy.problems.length > 0 ? 1 : 0
  },
}

function intakeLine({ review, proving, daysLeft }: NonNullable<GatewayStatus['intake']>): string {
  const left = daysLeft === null ? '' : `, ${daysLeft} days left for the oldest`
  return `intake       ${review} wait for review, ${proving} for their senders${left}`
}
