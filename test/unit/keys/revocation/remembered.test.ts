import { describe, expect, it } from 'vitest'
import { remember } from '../../../../src/keys/revocation/remembered.ts'

const now = new Date('2026-11-22T12:00:00Z')
const later = new Date('2026-11-22T13:00:00Z')
const signal = new AbortController().signal
const learned = (value: string, bytes = 1) => ({ value, until: later, bytes })

describe('what was learned', () => {
  it('is kept until its time, and then asked for with what was known', async () => {
    const recall = remember<string>(10, 10)
    expect(await recall('a', now, signal, async () => learned('one'))).toBe('one')
    expect(await recall('a', now, signal, async () => learned('two'))).toBe('one')
    expect(await recall('a', later, signal, async (before) => learned(`${before}, two`))).toBe('one, two')
  })

  it('makes room for newer: the longest unused goes first', async () => {
    const recall = remember<string>(2, 10)
    const ask = (key: string, value: string) => recall(key, now, signal, async () => learned(value))
    await ask('a', 'a1')
    await ask('b', 'b1')
    await ask('a', 'a2')
    await ask('c', 'c1')
    expect([await ask('a', 'a3'), await ask('b', 'b2')]).toEqual(['a1', 'b2'])
  })

  it('larger than all room is given, and not kept', async () => {
    const recall = remember<string>(2, 10)
    expect(await recall('a', now, signal, async () => learned('huge', 3))).toBe('huge')
    expect(await recall('a', now, signal, async () => learned('again', 1))).toBe('again')
  })

  it('is waited for by many but asked for once, each with patience of its own', async () => {
    const recall = remember<string>(10, 1)
    const answer = Promise.withResolvers<void>()
    let asked = 0
    const learn = async () => {
      asked++
      await answer.promise
      return learned('one')
    }
    const patient = recall('a', now, signal, learn)
    expect(await recall('a', now, AbortSignal.abort(), learn)).toBeUndefined()
    expect(await recall('b', now, signal, learn)).toBeUndefined()
    answer.resolve()
    expect(await patient).toBe('one')
    expect(asked).toBe(1)
  })
})
