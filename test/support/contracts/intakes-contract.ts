import { expect, test } from 'vitest'
import { anyIntake } from '../any-intake.ts'
import type { OpenStorage } from './storage-contract.ts'

export function intakesContract(database: string, open: OpenStorage): void {
  test(`${database} keeps what was sent to the intake address once, oldest first`, async () => {
    await using storage = await open()
    const { intakes } = storage
    const proof = { codeHash: 'ab', until: new Date('2026-12-05T12:00:00Z'), wrongCodes: 2 }
    const late = anyIntake({ id: '2', receivedAt: new Date('2026-11-22T12:00:00Z'), proof })
    const early = anyIntake({ id: '1', messageId: undefined, vouchedBy: 'ff' })
    const other = anyIntake({ id: '0', author: 'dora@x.example', receivedAt: late.receivedAt })
    for (const intake of [late, early, other]) expect(await intakes.add(intake)).toBe(true)
    expect(await intakes.add({ ...early, state: 'review' })).toBe(false)
    expect(await intakes.list()).toEqual([early, other, late])
    expect(await intakes.ofAuthor(early.author)).toEqual([early, late])
    expect(await intakes.find('2')).toEqual(late)
    expect(await intakes.find('3')).toBeUndefined()
  })

  test(`${database} changes an intake only from the state in which it was found, and forgets what is settled`, async () => {
    await using storage = await open()
    const { intakes } = storage
    const intake = anyIntake({ state: 'review' })
    await intakes.add(intake)
    const settledAt = new Date('2026-11-25T12:00:00Z')
    const change = { state: 'refused', reason: 'no', settledAt } as const
    expect(await intakes.change(intake.id, 'proving', change)).toBe(false)
    const two = [intakes.change(intake.id, 'review', change), intakes.change(intake.id, 'review', change)]
    expect((await Promise.all(two)).filter(Boolean)).toHaveLength(1)
    expect(await intakes.find(intake.id)).toEqual({ ...intake, ...change })
    expect(await intakes.forget(settledAt)).toBe(0)
    expect(await intakes.forget(new Date(settledAt.getTime() + 1))).toBe(1)
    expect(await intakes.list()).toEqual([])
  })
}
