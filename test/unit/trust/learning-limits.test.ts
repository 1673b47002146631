import { expect, it } from 'vitest'
import { learningLimits } from '../../../src/trust/learning-limits.ts'

const ordinary = { recipients: 1, sentThisHour: 1, isNew: true, newToday: 1, isSuspicious: false }

for (const [what, change, weight, isForDomain, limitReached] of [
  ['an ordinary mail', {}, 1, true, false],
  ['a mail to 25', { recipients: 25 }, 1, true, false],
  ['a mail to 26', { recipients: 26 }, 0.1, false, false],
  ['the hundredth mail of an hour', { sentThisHour: 100 }, 1, true, false],
  ['the next one', { sentThisHour: 101 }, 0.1, false, false],
  ['the 200th new correspondent of a day', { newToday: 200 }, 1, true, false],
  ['the 201st, which is told', { newToday: 201 }, 0, false, true],
  ['the 202nd', { newToday: 202 }, 0, false, false],
  ['somebody known on such a day', { newToday: 500, isNew: false }, 1, true, false],
  ['somebody whose mail was doubted just before', { isSuspicious: true }, 0, false, false],
] as const)
  it(`${what} teaches ${weight}`, () => {
    expect(learningLimits({ ...ordinary, ...change })).toEqual({ weight, isForDomain, limitReached })
  })
