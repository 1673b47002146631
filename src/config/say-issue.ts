import type { z } from 'zod'
import { nearestWord } from './nearest-word.ts'

/** A schema's complaint in our words; the words of zod are for programmers. */
export function sayIssue(issue: z.core.$ZodIssue, value: unknown): { message: string; suggestion?: string } {
  if (issue.code === 'invalid_type' && value === undefined) return { message: 'is missing' }
  if (issue.code === 'invalid_type') {
    const kind =
      value === null
        ? 'nothing'
        : Array.isArray(value)
          ? 'a list'
          : typeof value === 'object'
            ? 'a map'
            : `a ${typeof value}`
    const wanted = { array: 'a list', object: 'a map', record: 'a map', int: 'a whole number' }[
      issue.expected as string
    ]
    return { message: `${wanted ?? `a ${issue.expected}`} is wanted here, this is ${kind}` }
  }
  if (issue.code === 'invalid_value') {
    const words = issue.values.map(String)
    const suggestion = nearestWord(String(value), words)
    return {
      message: `\`${String(value)}\` is none of ${words.join(', ')}`,
      ...(suggestion && { suggestion }),
    }
  }
  if (issue.code === 'too_small')
    return { message: `too ${sizeWord(issue.origin, 'small')}, at least ${issue.minimum}` }
  if (issue.code === 'too_big')
    return { message: `too ${sizeWord(issue.origin, 'big')}, at most ${issue.maximum}` }
  if (issue.code === 'invalid_format')
    return {
      message: `\`${withoutPassword(String(value))}\` is not ${issue.message.replace(/^Invalid /, 'a valid ')}`,
    }
  return { message: issue.message }
}

function sizeWord(origin: string, word: 'small' | 'big'): string {
  if (origin === 'string') return word === 'small' ? 'short' : 'long'
  if (origin === 'array') return word === 'small' ? 'few entries' : 'many entries'
  return word
}

/** The address of a database may carry its password; a complaint ends up in logs. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/\S*@/, '//...@')
}
