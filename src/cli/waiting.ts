import { askGateway } from './ask-gateway.ts'
import type { Command } from './command.ts'
import { printable } from './printable.ts'

export const waiting: Command = {
  name: 'waiting',
  usage: '',
  summary: 'messages in the queue that wait for a password or certificate',
  async run({ options, print }) {
    const list = await askGateway(options, 'waiting-list', {})
    if (options.json) print(JSON.stringify(list))
    else
      print(
        list.length === 0
          ? 'nothing waits'
          : list
              .map((each) => printable(`${each.since}  ${each.queueId}  ${each.sender} -> ${each.recipient}`))
              .join('\n'),
      )
    return 0
  },
}
