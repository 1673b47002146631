import { expect, it } from 'vitest'
import { remember } from '../../../src/portal/remember.ts'

it('many who ask at once are one question, and the answer is kept for its time', async () => {
  let asked = 0
  let time = 0
  const ask = remember(
    async () => ++asked,
    { answerMs: 1000, failureMs: 100 },
    () => time,
  )
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1])
  time = 999
  expect(await ask()).toBe(1)
  time = 1000
  expect(await Promise.all([ask(), ask()])).toEqual([2, 2])
})

it('a slow question is not asked twice, however long it takes', async () => {
  let asked = 0
  let time = 0
  const { promise, resolve } = Promise.withResolvers<string>()
  const ask = remember(
    () => {
      asked++
      return promise
    },
    { answerMs: 1000, failureMs: 100 },
    () => time,
  )
  const first = ask()
  time = 5000
  const second = ask()
  resolve('answer')
  expect(await Promise.all([first, second])).toEqual(['answer', 'answer'])
  expect(asked).toBe(1)
})

it('a failure is remembered for its time, then asked again', async () => {
  let time = 0
  const answers = [Promise.reject(new Error('away')), Promise.resolve('back')]
  const ask = remember(
    async () => answers.shift(),
    { answerMs: 1000, failureMs: 100 },
    () => time,
  )
  await expect(ask()).rejects.toThrow('away')
  await expect(ask()).rejects.toThrow('away')
  time = 100
  expect(await ask()).toBe('back')
})
