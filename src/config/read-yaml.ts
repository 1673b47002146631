import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml'
import { z } from 'zod'
import { ConfigProblem, fieldName, type Place, type Problem } from './config-problem.ts'
import { nearestWord } from './nearest-word.ts'
import { sayIssue } from './say-issue.ts'

/** What a file says, and where it says it. */
export interface YamlFile<Value> {
  readonly value: Value
  /** Where the value at `path` stands, or the key before it; the nearest thing around when there is nothing. */
  placeOf(path: readonly PropertyKey[], what?: 'key' | 'value'): Place
}

/** Files are written by people; 100,000 partners need about 8 MB. */
const maxFileCharacters = 16 * 1024 * 1024

/** An alias is a convenience for people; many of them are a bomb (billion laughs). */
const maxAliases = 100

/** The node at `path`, or the nearest one around it. `key` asks for the key of the last step. */
function nodeAt(
  document: Document.Parsed,
  path: readonly PropertyKey[],
  what: 'key' | 'value',
): Node | undefined {
  let node: Node | undefined = document.contents ?? undefined
  for (const [index, step] of path.entries()) {
    const inside: unknown = isAlias(node) ? node.resolve(document) : node
    if (isMap(inside)) {
      const pair = inside.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step))
      if (!pair) return node
      const wanted = what === 'key' && index === path.length - 1 ? pair.key : (pair.value ?? pair.key)
      node = wanted as Node
    } else if (isSeq(inside) && typeof step === 'number' && inside.items[step]) {
      node = inside.items[step] as Node
    } else {
      return node
    }
  }
  return node
}

interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>
  readonly additionalProperties?: JsonSchema | false
  readonly items?: JsonSchema
}

/** The keys that may stand in the map at `path`, by the schema. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: JsonSchema | undefined = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  }) as JsonSchema
  for (const step of path) {
    at =
      typeof step === 'number'
        ? at?.items
        : (at?.properties?.[String(step)] ?? (at?.additionalProperties || undefined))
  }
  return Object.keys(at?.properties ?? {})
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inside, step) =>
      typeof inside === 'object' && inside !== null
        ? (inside as Record<PropertyKey, unknown>)[step]
        : undefined,
    root,
  )
}

/**
 * Reads `text` as YAML 1.2 (core schema: `no` is a word, not false) and checks it against `schema`.
 * Fails with a ConfigProblem that names every place; an empty file is one too, since it is how a file looks that
 * an editor has begun to write.
 */
export function readYaml<Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
): YamlFile<z.output<Schema>> {
  const start = { file, line: 1, column: 1, field: '' }
  if (text.length > maxFileCharacters) throw new ConfigProblem([{ ...start, message: 'larger than 16 MiB' }])
  const lines = new LineCounter()
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  const document = guarded(start, () =>
    parseDocument(text, {
      version: '1.2',
      schema: 'core',
      stringKeys: true,
      // The parser compares every key with every other: minutes for a hundred thousand partners. We look ourselves.
      uniqueKeys: false,
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
    }),
  )
  // A warning is a tag or a directive that nobody asked for: a typo, such as `!` before a value.
  const complaints = [
    ...document.errors,
    ...document.warnings,
    ...guarded(start, () => repeatedKeys(document)),
  ]
  const unquoted = complaints.find((error) => text.startsWith('*.', error.pos[0]))
  if (unquoted) {
    // The likeliest mistake in our files; the parser takes the star for an alias and says so three times.
    const message = 'a name that begins with * needs quotes, as in "*.example.org"'
    throw new ConfigProblem([{ ...place(unquoted.pos[0]), field: '', message }])
  }
  if (complaints.length > 0) {
    throw new ConfigProblem(
      complaints.map((error) => ({ ...place(error.pos[0]), field: '', message: sayComplaint(error) })),
    )
  }
  if (document.directives.yaml.explicit)
    throw new ConfigProblem([{ ...start, message: 'YAML directives are not used here' }])
  const raw: unknown = guarded(start, () => document.toJS({ maxAliasCount: maxAliases }))
  if (raw === null || raw === undefined) throw new ConfigProblem([{ ...start, message: 'the file is empty' }])

  const placeOf: YamlFile<unknown>['placeOf'] = (path, what = 'value') =>
    place(nodeAt(document, path, what)?.range?.[0] ?? 0)
  const parsed = schema.safeParse(raw)
  if (parsed.success) return { value: parsed.data, placeOf }
  throw new ConfigProblem(
    parsed.error.issues.flatMap((issue): Problem[] => {
      if (issue.code !== 'unrecognized_keys') {
        return [
          {
            ...placeOf(issue.path),
            field: fieldName(issue.path),
            ...sayIssue(issue, valueAt(raw, issue.path)),
          },
        ]
      }
      return issue.keys.map((key) => {
        const path = [...issue.path, key]
        const suggestion = nearestWord(key, knownKeys(schema, issue.path))
        return {
          ...placeOf(path, 'key'),
          field: fieldName(path),
          message: `unknown key \`${key}\``,
          ...(suggestion && { suggestion }),
        }
      })
    }),
  )
}

function sayComplaint(error: { readonly code?: string; readonly message: string }): string {
  return error.code === 'MULTIPLE_DOCS'
    ? 'one document only; what stands behind --- belongs into another file'
    : error.message
}

/** YAML 1.2 3.2.1.1: keys of a map are unique. Which of two rules holds would be a guess. */
function repeatedKeys(document: Document.Parsed): { pos: [number]; message: string }[] {
  const repeated: { pos: [number]; message: string }[] = []
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>()
      for (const { key } of map.items) {
        if (!isScalar(key)) continue
        if (seen.has(key.value))
          repeated.push({ pos: [key.range?.[0] ?? 0], message: 'this key stands here twice' })
        seen.add(key.value)
      }
    },
  })
  return repeated
}

/** What the parser throws beyond its own list of errors: aliases without end, nesting deeper than the stack. */
function guarded<Result>(start: Place & { field: string }, step: () => Result): Result {
  try {
    return step()
  } catch (cause) {
    throw new ConfigProblem(
      [
        {
          ...start,
          message: `cannot be read as YAML: ${cause instanceof Error ? cause.message : String(cause)}`,
        },
      ],
      { cause },
    )
  }
}
