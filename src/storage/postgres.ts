import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { type Database, guarded } from './database.ts'
import type { Tables } from './tables.ts'

/** A database that is down is noticed in seconds: the client is told 4xx and comes again. */
const connectTimeoutMs = 3000
const statementTimeoutMs = 5000
/** Larger than the server's own limit: it speaks only when the server says nothing at all any more. */
const answerTimeoutMs = 8000
/** OID of int8. pg gives it as text; our integers are times and counts, far below 2^53. */
const int8 = 20

/** A PostgreSQL database by its URL. It is connected to with the first use, and again whenever it was gone. */
export function openPostgres(url: string): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    lock_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    query_timeout: answerTimeoutMs,
    keepAlive: true,
    application_name: 'postsiegel',
    types: {
      getTypeParser: (oid, format) =>
        oid === int8 && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format),
    },
  })
  // Without listeners a connection that breaks between two queries would end the process. The query itself fails too.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const tables = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: withoutBroken(pool) }) })
  return {
    kind: 'postgres',
    read: (operation) => guarded(() => operation(tables)),
    write: (operation) => guarded(() => operation(tables)),
    transact: (operation) => guarded(() => tables.transaction().execute(operation)),
    [Symbol.asyncDispose]: () => tables.destroy(),
  }
}

/**
 * pg takes a connection back on which the server has not answered, and the next query would wait behind it: up to a
 * quarter of an hour, until the kernel gives up. Whatever failed without a word of the server is not used again.
 */
function withoutBroken(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect()
      let broken: unknown
      const query = async (statement: string, parameters: readonly unknown[]) => {
        if (broken) throw broken
        try {
          return await client.query(statement, [...parameters])
        } catch (error) {
          if (!(error instanceof pg.DatabaseError)) broken = error
          throw error
        }
      }
      return {
        // The other form takes a cursor, which Kysely only does for a dialect that was given one.
        query: query as unknown as PostgresPoolClient['query'],
        release: (destroy) => client.release(destroy === true || broken !== undefined),
      }
    },
  }
}
