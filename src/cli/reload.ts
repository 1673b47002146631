import { askGateway } from './ask-gateway.ts'
import type { Command } from './command.ts'

export const reload: Command = {
  name: 'reload',
  usage: '',
  summary: 'read the policies again and wait for the result',
  async run({ options, print }) {
    const result = await askGateway(options, 'reload', {})
    if (options.json) print(JSON.stringify(result))
    else if (result.kind === 'refused') {
      print(`refused, generation ${result.generation} stays in force:\n${result.problems.join('\n')}`)
    } else
      print(
        `generation ${result.generation} ${result.kind === 'loaded' ? 'is in force' : 'is in force unchanged'}`,
      )
    return result.kind === 'refused' ? 1 : 0
  },
}
