import { describe, expect, it } from 'vitest'
import { commands } from '../../../src/cli/commands.ts'
import { fitsUsage } from '../../../src/cli/fits-usage.ts'

describe('the words behind a command', () => {
  for (const [usage, words, fits] of [
    ['', '', true],
    ['', 'more', false],
    ['set ADDRESS | list', 'set a@b.example', true],
    ['set ADDRESS | list', 'list', true],
    ['set ADDRESS | list', 'set', false],
    // A password as an argument can be seen by everybody, and would not have been read.
    ['set ADDRESS | list', 'set a@b.example secret', false],
    ['set ADDRESS | list', 'lists', false],
    ['release ID --reason TEXT | log [ID]', 'release 1', true],
    ['release ID --reason TEXT | log [ID]', 'log', true],
    ['release ID --reason TEXT | log [ID]', 'log 1', true],
    ['release ID --reason TEXT | log [ID]', 'log 1 2', false],
  ] as const) {
    it(`${fits ? 'fit' : 'do not fit'} "${usage}" as "${words}"`, () => {
      expect(fitsUsage(usage, words.split(' ').filter(Boolean))).toBe(fits)
    })
  }

  it('fit the first form that each command tells of itself', () => {
    for (const { name, usage } of commands) {
      const form = (usage.split('|')[0] ?? '').split(' --')[0] ?? ''
      expect([name, fitsUsage(usage, form.split(' ').filter(Boolean))]).toEqual([name, true])
    }
  })
})
