import { jsonSchemas } from '../config/json-schema.ts'
import { type Command, UsageError } from './command.ts'

export const schema: Command = {
  name: 'schema',
  usage: 'settings | policies',
  summary: 'the JSON Schema of a file, for editors',
  async run({ words: [which], print }) {
    if (which !== 'settings' && which !== 'policies') throw new UsageError(`schema ${schema.usage}`)
    print(JSON.stringify(jsonSchemas()[which], undefined, 2))
    return 0
  },
}
