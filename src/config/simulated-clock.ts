import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { ConfigProblem } from './config-problem.ts'

const Instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text))

/**
 * The time that a file names, for tests that simulate months: it stands until somebody writes another. Read whenever
 * somebody asks, because two writes within the granularity of a file's time and of one length look the same. While
 * it is being rewritten, the time before still holds. Fails with a ConfigProblem if it names none at first.
 */
export function openSimulatedClock(file: string): () => Date {
  const read = () => Instant.safeParse(readFileSync(file, 'utf8').trim())
  let last: Date
  try {
    const first = read()
    if (!first.success) throw new Error('a time such as 2026-11-22T08:00:00Z is wanted in it')
    last = first.data
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new ConfigProblem([{ file, line: 1, column: 1, field: '', message }], { cause: error })
  }
  return () => {
    try {
      const found = read()
      if (found.success) last = found.data
    } catch {
      // Between the removal of one file and its successor.
    }
    return new Date(last)
  }
}
