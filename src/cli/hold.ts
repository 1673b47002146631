import { askGateway } from './ask-gateway.ts'
import { type Command, UsageError } from './command.ts'

export const hold: Command = {
  name: 'hold',
  usage: 'list | release ID --reason TEXT',
  summary: 'originals of Office files between their two scans',
  async run({ words: [verb, id], options, print }) {
    switch (verb) {
      case 'list': {
        const list = await askGateway(options, 'hold-list', {})
        if (options.json) print(JSON.stringify(list))
        else {
          const lines = list.map(
            (each) =>
              `${each.id}  ${each.state.padEnd(8)}  until ${each.releaseAt}  ${each.recipients.join(', ')}  ${each.fileName}`,
          )
          print(lines.length === 0 ? 'nothing is held' : lines.join('\n').replaceAll(/[^\P{Cc}\n]/gu, '?'))
        }
        return 0
      }
      case 'release': {
        if (id === undefined || options.reason === undefined) break
        await askGateway(options, 'hold-release', { id, reason: options.reason })
        print('It is scanned again now and delivered if it is clean.')
        return 0
      }
    }
    throw new UsageError(`hold ${hold.usage}`)
  },
}
