import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely'
import { type Database, guarded } from './database.ts'
import { groupCommit } from './group-commit.ts'
import type { Tables } from './tables.ts'

/** In KiB. A million correspondents are found by keyed hashes, anywhere in the file: with 2 MiB each costs a read. */
const pageCache = 'cache_size = -49152'
/** Waiting inside SQLite blocks every session of the process, so we wait little there and retry outside. */
const busyTimeoutMs = 20
/** We have about forty; a statement with a list has a text for each length of the list. */
const mostStatements = 200

/** The database in one file, created with mode 0600 if it is missing. It is opened with the first use. */
export function openSqlite(file: string): Database {
  const database = async () => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    // SQLite gives its WAL the mode of the database file; only the first creation has to be private.
    await (await open(file, 'a', 0o600)).close()
    return withReaders(openDurable(file))
  }
  const tables = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  const change = groupCommit(tables)
  return {
    kind: 'sqlite',
    read: (operation) => guarded(() => operation(tables)),
    write: change,
    transact: change,
    [Symbol.asyncDispose]: () => tables.destroy(),
  }
}

/** synchronous=FULL: what we committed before a 250 must survive a power cut; NORMAL may lose the last commits. */
function openDurable(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true })
  try {
    for (const pragma of ['journal_mode = wal', 'synchronous = full', 'trusted_schema = off', pageCache]) {
      database.exec(`pragma ${pragma}`)
    }
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** node:sqlite in the shape that Kysely's dialect expects, which is better-sqlite3's. */
function withReaders(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare(sql) {
      // SQLite rolls back by itself when the disk is full; a second rollback would hide the first error.
      if (sql === 'rollback' && !database.isTransaction) return nothing
      const known = statements.get(sql)
      if (known) return known
      // A transaction that starts as a reader cannot become the writer once another process wrote: take the lock first.
      const statement = preparedStatement(database, sql === 'begin' ? 'begin immediate' : sql)
      if (statements.size === mostStatements) statements.clear()
      statements.set(sql, statement)
      return statement
    },
  }
}

function preparedStatement(database: DatabaseSync, sql: string): SqliteStatement {
  const statement = database.prepare(sql)
  return {
    // By columns, not by the word SELECT, because of `returning`.
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  }
}

const nothing: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
}
