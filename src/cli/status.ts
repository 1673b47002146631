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
          `waiting      ${answer.waiting} messages for a password or certificate`,
          `held         ${answer.held} originals`,
          `keys         ${answer.keys.pending} wait for review, ${answer.keys.expiring} end within 30 days`,
        ]
          .map(printable)
          .join('\n'),
      )
    }
    return policy.problems.length > 0 ? 1 : 0
  },
}
