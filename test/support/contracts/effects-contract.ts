import { expect, test } from 'vitest'
import { TemporaryFailure } from '../../../src/failure.ts'
import type { OpenStorage } from './storage-contract.ts'

const noon = new Date('2026-03-01T12:00:00Z')

export function effectsContract(database: string, open: OpenStorage): void {
  test(`${database} calls one of many simultaneous callers the first`, async () => {
    await using storage = await open()
    expect(await storage.effects.done('invite ann')).toBe(false)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => storage.effects.first('invite ann', noon)),
    )
    expect(answers.filter(Boolean)).toHaveLength(1)
    expect(await storage.effects.done('invite ann')).toBe(true)
    expect(await storage.effects.at('invite ann')).toEqual(noon)
    expect(await storage.effects.at('invite eve')).toBeUndefined()
    expect(await storage.effects.first('invite bob', noon)).toBe(true)
  })

  test(`${database} forgets effects older than asked`, async () => {
    await using storage = await open()
    await storage.effects.first('old', new Date(noon.getTime() - 1))
    await storage.effects.first('new', noon)
    expect(await storage.effects.forget(noon)).toBe(1)
    expect(await storage.effects.done('old')).toBe(false)
    expect(await storage.effects.done('new')).toBe(true)
  })

  test(`${database} lets no change suffer from another that fails at the same time`, async () => {
    await using storage = await open()
    const { effects, waitingMessages } = storage
    const impossible = {
      recipient: 'ann@example.com',
      queueId: null as unknown as string,
      sender: '',
      since: noon,
    }
    const outcomes = await Promise.allSettled([
      effects.first('invite ann', noon),
      waitingMessages.add(impossible),
      effects.first('invite bob', noon),
      effects.first('invite ann', noon),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: expect.any(TemporaryFailure) })
    expect(await effects.done('invite bob')).toBe(true)
    const first = outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value === true)
    expect(first).toHaveLength(2)
  })
}
