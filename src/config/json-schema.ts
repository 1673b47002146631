import { z } from 'zod'
import { PolicyFile } from '../policy/policy.ts'
import { SettingsFile } from './settings.ts'

/** JSON Schemas (2020-12) of our files, for editors that complete and check while somebody types. */
export function jsonSchemas(): { readonly settings: object; readonly policies: object } {
  const written = (schema: z.ZodType, title: string) => ({
    title,
    ...z.toJSONSchema(schema, { io: 'input' }),
  })
  return {
    settings: written(SettingsFile, 'postsiegel.yaml'),
    policies: written(PolicyFile, 'Postsiegel policy file'),
  }
}
