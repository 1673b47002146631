import { describe, expect, it } from 'vitest'
import { dateInGerman } from '../../../../src/protection/pdf/date-in-german.ts'

describe('the date of a mail', () => {
  for (const [value, shown] of [
    [' Sat, 21 Nov 2026 23:51:00 +0100', 'Samstag, 21. November 2026, 23:51'],
    [' Sat, 21 Nov 2026 22:51:00 +0000 (UTC)', 'Samstag, 21. November 2026, 23:51'],
    [' 1 Jul 2026 9:05 GMT', 'Mittwoch, 1. Juli 2026, 11:05'],
    [' Sat, 21 Nov 2026\r\n 23:51:00 -0500', 'Sonntag, 22. November 2026, 05:51'],
    [' Sat, 21 Nov 2026 23:51:00', 'Sat, 21 Nov 2026 23:51:00'],
    [' 99 Foo 2026 23:51:00 +0100', '99 Foo 2026 23:51:00 +0100'],
    [' gestern', 'gestern'],
  ] as const) {
    it(`shows${value.replace('\r\n', '')} as ${shown}`, () => {
      expect(dateInGerman([{ name: 'Date', value }])).toBe(shown)
    })
  }

  it('is empty where there is none', () => {
    expect(dateInGerman([])).toBe('')
  })
})
