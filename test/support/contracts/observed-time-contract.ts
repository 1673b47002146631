import { expect, test } from 'vitest'
import type { OpenStorage } from './storage-contract.ts'

export function observedTimeContract(database: string, open: OpenStorage): void {
  test(`${database} raises observed time and never lowers it`, async () => {
    await using storage = await open()
    const { observedTime } = storage
    expect(await observedTime.read()).toBe(0)
    expect(await observedTime.raiseTo(1000.9)).toBe(1000)
    expect(await observedTime.raiseTo(500)).toBe(1000)
    expect(await observedTime.raiseTo(3e12)).toBe(3e12)
    expect(await observedTime.read()).toBe(3e12)
  })
}
