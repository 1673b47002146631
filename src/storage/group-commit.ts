import { setImmediate as turn } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { guarded, isStorageFailure, type Operation } from './database.ts'
import type { Tables } from './tables.ts'

interface Change {
  readonly operation: Operation<unknown>
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Lets sessions share commits. A commit waits for the disk, and with SQLite the whole process waits with it: so
 * changes that came meanwhile go into one transaction. Each is answered when that is on the disk.
 */
export function groupCommit(
  tables: Kysely<Tables>,
): <Result>(operation: Operation<Result>) => Promise<Result> {
  let waiting: Change[] = []
  let committing = false

  async function commitAll(): Promise<void> {
    committing = true
    while (waiting.length > 0) {
      await turn()
      const changes = waiting
      waiting = []
      await commit(tables, changes)
    }
    committing = false
  }
  return <Result>(operation: Operation<Result>) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ operation, resolve: resolve as (result: unknown) => void, reject })
      if (!committing) void commitAll()
    })
}

/** Never rejects: each change is told what became of it. */
async function commit(tables: Kysely<Tables>, changes: readonly Change[]): Promise<void> {
  try {
    const results = await inOneTransaction(tables, changes)
    for (const [index, { resolve }] of changes.entries()) resolve(results[index])
  } catch (error) {
    // A database that is locked or full is so for all. Anything else may be the fault of one, which the others
    // must not suffer from.
    if (changes.length === 1 || isStorageFailure(error)) for (const { reject } of changes) reject(error)
    else for (const change of changes) await commit(tables, [change])
  }
}

const inOneTransaction = (tables: Kysely<Tables>, changes: readonly Change[]) =>
  guarded(() =>
    tables.transaction().execute(async (transaction) => {
      const results: unknown[] = []
      for (const { operation } of changes) results.push(await operation(transaction))
      return results
    }),
  )
