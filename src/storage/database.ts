import { setTimeout as delay } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { MailFailure, TemporaryFailure } from '../failure.ts'
import type { Tables } from './tables.ts'

/** What is done with the tables. It may be run again from its beginning, so it does nothing else. */
export type Operation<Result> = (tables: Kysely<Tables>) => Promise<Result>

/** An open database. Every failure is a TemporaryFailure, so that the client is asked to come again. */
export interface Database extends AsyncDisposable {
  readonly kind: 'sqlite' | 'postgres'
  read<Result>(operation: Operation<Result>): Promise<Result>
  /** One statement that changes something. When this resolves the change survives a power cut. */
  write<Result>(operation: Operation<Result>): Promise<Result>
  /** Several statements, of which all take effect or none. */
  transact<Result>(operation: Operation<Result>): Promise<Result>
}

/** Long against the milliseconds that a transaction takes, short against the 240 s of an end of message. */
const lockPatienceMs = 5000
const lockRetryMs = 20

/** Runs `operation`, again and again while another process has SQLite locked; errors come in the words of mail. */
export async function guarded<Result>(operation: () => Promise<Result>): Promise<Result> {
  const giveUpAt = performance.now() + lockPatienceMs
  for (;;) {
    try {
      return await operation()
    } catch (error) {
      if (sqliteCode(error) !== busy || performance.now() > giveUpAt) throw asMailFailure(error)
    }
    await delay(lockRetryMs)
  }
}

function asMailFailure(error: unknown): MailFailure {
  if (error instanceof MailFailure) return error
  if (
    sqliteCode(error) === full ||
    (error instanceof Error && 'code' in error && error.code === postgresFull)
  ) {
    return new TemporaryFailure('3.1', 'Mail system storage full, try again later', { cause: error })
  }
  return new TemporaryFailure('4.3', 'Database not available, try again later', { cause: error })
}

/** Whether the storage as a whole failed, not one statement. */
export function isStorageFailure(error: unknown): boolean {
  const code = error instanceof MailFailure ? sqliteCode(error.cause) : undefined
  return code !== undefined && code !== constraint
}

// SQLite's primary result codes are the low byte (sqlite.org/rescode.html).
const busy = 5
const full = 13
const constraint = 19
/** disk_full, PostgreSQL's manual, appendix A. */
const postgresFull = '53100'

function sqliteCode(error: unknown): number | undefined {
  const code: unknown = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}
