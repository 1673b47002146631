import type { HeaderField } from '../message/header-field.ts'

/** A field to delete: the `occurrence`th (from 1) among the fields of that name, as in the milter protocol. */
export interface FieldToDelete {
  readonly name: string
  readonly occurrence: number
}

const ownPrefix = 'x-postsiegel-'
/** By it our own people ask for less protection, too: a mail that one of them sends on must not bring it along. */
const ownRequest = 'x-postsiegel'

/**
 * The fields of a received message that only we may write: Authentication-Results under our own authserv-id
 * (RFC 8601 5: they "MUST be removed") and our own X-Postsiegel and X-Postsiegel-* fields. A field whose authserv-id cannot be read
 * goes too if it mentions ours: somebody's parser may find it there.
 */
export function forgedResults(fields: readonly HeaderField[], authservId: string): FieldToDelete[] {
  const seen = new Map<string, number>()
  const forged: FieldToDelete[] = []
  for (const field of fields) {
    const name = field.name.trim().toLowerCase()
    // Counted by the name as the MTA compares it: without regard to case.
    const occurrence = (seen.get(field.name.toLowerCase()) ?? 0) + 1
    seen.set(field.name.toLowerCase(), occurrence)
    const isOurs =
      name === ownRequest ||
      name.startsWith(ownPrefix) ||
      (name === 'authentication-results' && claimsToBe(field.value, authservId))
    if (isOurs) forged.push({ name: field.name, occurrence })
  }
  return forged
}

function claimsToBe(value: string, authservId: string): boolean {
  const claimed = readAuthservId(value)
  if (claimed === undefined) return value.toLowerCase().includes(comparable(authservId))
  return comparable(claimed) === comparable(authservId)
}

function comparable(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

/** RFC 8601 2.2: `[CFWS] authserv-id [CFWS version] [CFWS] ...`, the id being a token or a quoted string. */
function readAuthservId(value: string): string | undefined {
  const start = skipCommentsAndSpace(value, 0)
  if (start === undefined || start >= value.length) return undefined
  if (value[start] === '"') {
    const quoted = /^"((?:[^"\\]|\\[\s\S])*)"/.exec(value.slice(start, start + 1024))?.[1]
    return quoted?.replaceAll(/\\([\s\S])/g, '$1')
  }
  const token = /^[^\s()<>@,;:\\"/[\]?=]+/.exec(value.slice(start, start + 1024))?.[0]
  const end = token === undefined ? undefined : skipCommentsAndSpace(value, start + token.length)
  // Behind the id stands ";", a version number or nothing; anything else is not the grammar.
  if (end === undefined || !/^(?:\d+\b|;|$)/.test(value.slice(end, end + 16))) return undefined
  return token
}

/** RFC 5322 3.2.2: comments nest. Undefined for a comment without end. */
function skipCommentsAndSpace(value: string, from: number): number | undefined {
  let depth = 0
  for (let at = from; at < value.length; at++) {
    const character = value[at] as string
    if (depth > 0 && character === '\\') at++
    else if (character === '(') depth++
    else if (depth > 0 && character === ')') depth--
    else if (depth === 0 && !/\s/.test(character)) return at
  }
  return depth === 0 ? value.length : undefined
}
