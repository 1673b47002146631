import { setTimeout as delay } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { MailFailure, TemporaryFailure } from '../failure.ts'
import type { Tables } from './tables.ts'

/** An open database. Every failure of `run` is a TemporaryFailure, so that the client is asked to come again. */
export interface Database extends AsyncDisposable {
  readonly kind: 'sqlite' | 'postgres'
  /** One statement or one transaction: when another process is in the way it is run again from its beginning. */
  run<Result>(operation: (tables: Kysely<Tables>) => Promise<Result>): Promise<Result>
}

/** Long against the milliseconds that a transaction takes, short against the 240 s of an end of message. */
const lockPatienceMs = 5000
const lockRetryMs = 20

/** What both openers share: errors in the words of mail, and patience with SQLite's single writer. */
export function guardedDatabase(kind: Database['kind'], tables: Kysely<Tables>): Database {
  return {
    kind,
    async run(operation) {
      const giveUpAt = performance.now() + lockPatienceMs
      for (;;) {
        try {
          return await operation(tables)
        } catch (error) {
          if (!isLocked(error) || performance.now() > giveUpAt) throw temporary(error)
        }
        await delay(lockRetryMs)
      }
    },
    [Symbol.asyncDispose]: () => tables.destroy(),
  }
}

function temporary(error: unknown): MailFailure {
  if (error instanceof MailFailure) return error
  if (isFull(error))
    return new TemporaryFailure('3.1', 'Mail system storage full, try again later', { cause: error })
  return new TemporaryFailure('4.3', 'Database not available, try again later', { cause: error })
}

// SQLite result codes (sqlite.org/rescode.html); the low byte is the primary code: 5 is BUSY, 13 is FULL.
const sqliteCode = (error: unknown) =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined
const isLocked = (error: unknown) => sqliteCode(error) === 5
// 53100 is PostgreSQL's disk_full (Appendix A of its manual).
const isFull = (error: unknown) =>
  sqliteCode(error) === 13 || (error instanceof Error && 'code' in error && error.code === '53100')
