import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TemporaryFailure } from '../../src/failure.ts'
import { shippedWeights } from '../../src/trust/weights.ts'
import { storageContract } from '../support/contracts/storage-contract.ts'
import { upgradeContract } from '../support/contracts/upgrade-contract.ts'
import { openTestStorage } from '../support/open-test-storage.ts'
import { recallQuestion, sentMail } from '../support/recall.ts'
import { findPostgres, type Postgres, startPostgres } from '../support/start-postgres.ts'

const noon = new Date('2026-03-01T12:00:00Z')
const installed = (await findPostgres()) !== undefined

describe.skipIf(!installed)('PostgreSQL (skipped without Debian package postgresql)', () => {
  let postgres: Postgres
  beforeAll(async () => {
    postgres = await startPostgres()
  }, 120_000)
  afterAll(() => postgres?.[Symbol.asyncDispose]())

  const open = async () => openTestStorage({ kind: 'postgres', url: await postgres.createDatabase() })
  storageContract('PostgreSQL', open)
  upgradeContract('PostgreSQL', async () => ({ kind: 'postgres', url: await postgres.createDatabase() }))

  test('several nodes that start at once on a new database all come up and share it', async () => {
    const url = await postgres.createDatabase()
    const nodes = await Promise.all(
      Array.from({ length: 4 }, () => openTestStorage({ kind: 'postgres', url })),
    )
    const answers = await Promise.all(nodes.map((node) => node.effects.first('invite ann', noon)))
    expect(answers.filter(Boolean)).toHaveLength(1)
    for (const node of nodes) await node[Symbol.asyncDispose]()
  })

  test('while PostgreSQL is gone mail is deferred, and taken when it is back, without a restart of ours', async () => {
    const url = await postgres.createDatabase()
    await using storage = await openTestStorage({ kind: 'postgres', url })
    await storage.effects.first('invite ann', noon)
    const learn = (effect: string) => storage.trustMemory.learnSent(sentMail(noon), effect, shippedWeights)
    // One transaction may be under way when it goes; whatever becomes of it, it is not an unknown error.
    const underWay = Promise.allSettled(Array.from({ length: 20 }, (_, n) => learn(`${n}`)))
    await postgres.crash()
    for (const outcome of await underWay) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(TemporaryFailure)
    }
    await expect(storage.effects.first('invite bob', noon)).rejects.toBeInstanceOf(TemporaryFailure)
    await expect(openTestStorage({ kind: 'postgres', url })).rejects.toBeInstanceOf(TemporaryFailure)
    await postgres.start()
    await expect
      .poll(() => storage.effects.done('invite ann').catch(() => false), { timeout: 30_000 })
      .toBe(true)
    await Promise.all(Array.from({ length: 20 }, (_, n) => learn(`${n}`)))
    const [relation] = (await storage.trustMemory.recall(recallQuestion(noon))).relations
    expect(relation?.address).toBeCloseTo(20)
  }, 120_000)

  test('while PostgreSQL hangs without a word mail is deferred, and taken when it is back', async () => {
    await using way = await startFreezableWay(await postgres.createDatabase())
    await using storage = await openTestStorage({ kind: 'postgres', url: way.url })
    await storage.effects.first('invite ann', noon)
    way.freeze()
    const learned = storage.trustMemory.learnSent(sentMail(noon), '1', shippedWeights)
    await expect(learned).rejects.toBeInstanceOf(TemporaryFailure)
    await expect(storage.effects.done('invite ann')).rejects.toBeInstanceOf(TemporaryFailure)
    // The old connections stay silent, as behind a firewall that forgot them; new ones get through.
    way.thaw()
    expect(await storage.effects.done('invite ann')).toBe(true)
  })
})

/** A way to the database on which everything can get lost in silence. */
async function startFreezableWay(
  url: string,
): Promise<{ url: string; freeze(): void; thaw(): void } & AsyncDisposable> {
  const target = new URL(url)
  const { hostname, port } = target
  let frozen = false
  const sockets: Socket[] = []
  const server = createServer((client) => {
    sockets.push(client.on('error', () => {}))
    if (frozen) return
    const database = connect(Number(port), hostname).on('error', () => client.destroy())
    sockets.push(database)
    client.on('close', () => database.destroy())
    client.pipe(database).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  target.port = String((server.address() as AddressInfo).port)
  return {
    url: target.href,
    freeze() {
      frozen = true
      for (const socket of sockets) socket.unpipe().pause()
    },
    thaw() {
      frozen = false
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
