import { describe, expect, it } from 'vitest'
import { coversHeader } from '../../../src/inspection/covers-header.ts'

const field = (name: string, value: string) => ({ name, value: ` ${value}` })
const letter = [field('From', 'ann@x'), field('To', 'bob@y'), field('Subject', 'a'), field('Date', 'today')]
const signature = (h: string) => field('DKIM-Signature', `v=1; d=x; s=s; h=${h}; bh=x;\r\n b=abc\r\n\tdef`)

describe('a signature covers what a reader sees of the header', () => {
  for (const [what, h, more, covers] of [
    ['if it names subject, recipient and date', 'from:to:subject:date', [], true],
    ['if it names the subject and the date', 'From : Subject :\r\n Date', [], true],
    ['if it names the subject and the recipient', 'from:subject:to', [], true],
    ['not if it names the author only', 'from', [], false],
    ['not if it leaves recipient and date open', 'from:subject', [], false],
    ['not if a second subject stands above it', 'from:to:subject:date', [field('Subject', 'pay')], false],
    ['not if that has a blank before its colon', 'from:to:subject:date', [field('Subject ', 'pay')], false],
    ['if it names both subjects', 'from:to:subject:subject', [field('Subject', 'pay')], true],
  ] as const) {
    it(what, () => {
      expect(coversHeader([signature(h), ...more, ...letter], 'abcdef')).toBe(covers)
    })
  }

  it('also a subject that is not there and named, so that nobody can add one', () => {
    const withoutSubject = letter.filter(({ name }) => name !== 'Subject')
    expect(coversHeader([signature('from:subject:date'), ...withoutSubject], 'abcdef')).toBe(true)
    expect(coversHeader([signature('from:date'), ...withoutSubject], 'abcdef')).toBe(false)
  })

  it('is judged by its own field, not by that of another signature', () => {
    const other = field('DKIM-Signature', 'd=x; s=s; h=from:to:subject:date; b=other')
    expect(coversHeader([other, signature('from'), ...letter], 'abcdef')).toBe(false)
  })
})
