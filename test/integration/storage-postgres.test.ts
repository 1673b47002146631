import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TemporaryFailure } from '../../src/failure.ts'
import { storageContract } from '../support/contracts/storage-contract.ts'
import { openTestStorage } from '../support/open-test-storage.ts'
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
    const learn = (effect: string) =>
      storage.relations.learn({ from: 'ann@example.com', to: 'carl@x.example', at: noon }, effect)
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
    const { address } = await storage.relations.find('carl@x.example', 'ann@example.com', noon)
    expect(address).toBeCloseTo(20)
  }, 120_000)
})
