import { jsonSchemas } from './json-schema.ts'

/** One setting, for the table in README. */
export interface SettingDescription {
  /** With dots, such as `listen.inbound`. */
  readonly key: string
  /** The default as it would be written; undefined where the description says what holds without it. */
  readonly default: string | undefined
  readonly required: boolean
  readonly description: string
}

interface Shape {
  readonly type?: string
  readonly properties?: Record<string, Shape>
  readonly required?: readonly string[]
  readonly default?: unknown
  readonly description?: string
}

/** What must be set within something that may be left out need not be set. */
function describe(shape: Shape, prefix: string, isNeeded: boolean): SettingDescription[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, setting]) => {
    const key = `${prefix}${name}`
    const required = isNeeded && (shape.required?.includes(name) ?? false)
    if (setting.properties) return describe(setting, `${key}.`, required)
    const written = typeof setting.default === 'string' ? setting.default : JSON.stringify(setting.default)
    return [{ key, default: written, required, description: setting.description ?? '' }]
  })
}

/** Every setting of postsiegel.yaml in the order of the schema. */
export function describeSettings(): SettingDescription[] {
  return describe(jsonSchemas().settings, '', true)
}
