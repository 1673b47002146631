import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, glob, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'

const run = promisify(execFile)

/** A PostgreSQL of our own on loopback, with everything in a temporary folder. */
export interface Postgres extends AsyncDisposable {
  /** Creates an empty database; returns its URL. */
  createDatabase(): Promise<string>
  /** Ends it as a crash does: connections break at once. The data stays. */
  crash(): Promise<void>
  start(): Promise<void>
}

/** The folder of Debian's server programs, which are not on the PATH; undefined if PostgreSQL is not installed. */
export async function findPostgres(): Promise<string | undefined> {
  for await (const initdb of glob('/usr/lib/postgresql/*/bin/initdb')) return dirname(initdb)
  return undefined
}

/** PostgreSQL refuses root; then it runs as the user that Debian's package made for it. */
async function owner(): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {}
  const id = async (option: string) => Number((await run('id', [option, 'postgres'])).stdout)
  return { uid: await id('-u'), gid: await id('-g') }
}

export async function startPostgres(): Promise<Postgres> {
  const programs = await findPostgres()
  if (!programs) throw new Error('PostgreSQL is not installed')
  const as = { ...(await owner()), env: { PATH: process.env.PATH, LC_ALL: 'C' } }
  const folder = await mkdtemp(join(tmpdir(), 'postsiegel-postgres-'))
  const sockets = join(folder, 'sockets')
  await mkdir(sockets)
  if (as.uid !== undefined && as.gid !== undefined)
    for (const path of [folder, sockets]) await chown(path, as.uid, as.gid)
  const cluster = join(folder, 'cluster')
  const layout = ['-D', cluster, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  await run(join(programs, 'initdb'), layout, { ...as, cwd: folder })

  const port = await freePort()
  const url = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`
  let server: ChildProcess | undefined
  let databases = 0

  async function start(): Promise<void> {
    const settings = ['-D', cluster, '-k', sockets, '-h', '127.0.0.1', '-p', String(port), '-F']
    server = spawn(join(programs ?? '', 'postgres'), settings, { ...as, cwd: folder, stdio: 'ignore' })
    await poll(() => asSuperuser('select 1'))
  }
  async function end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill(signal)
    await ended
  }
  async function asSuperuser(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: url('postgres'), connectionTimeoutMillis: 2000 })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query(statement)
    } finally {
      await client.end().catch(() => {})
    }
  }
  async function remove(): Promise<void> {
    await end('SIGINT')
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    await remove()
    throw error
  }
  return {
    async createDatabase() {
      const name = `test_${databases++}`
      await asSuperuser(`create database ${name}`)
      return url(name)
    },
    // Signals of the postmaster: SIGQUIT is the immediate shutdown, SIGINT the fast one.
    crash: () => end('SIGQUIT'),
    start,
    [Symbol.asyncDispose]: remove,
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port')
  return address.port
}

/** Starting takes a second or two; recovery behind a crash a little more. */
async function poll(attempt: () => Promise<void>): Promise<void> {
  const giveUpAt = performance.now() + 60_000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > giveUpAt) throw error
    }
    await delay(100)
  }
}
