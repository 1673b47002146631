import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import type { SmtpReply } from '../../../src/failure.ts'
import { writeReply } from '../../../src/milter/write-reply.ts'

const wire = (reply: SmtpReply): string => writeReply(reply).toString('latin1', 4)
const refused = (...lines: string[]): SmtpReply => ({ code: 550, enhancedStatus: '5.7.1', lines })

for (const [what, lines, expected] of [
  ['one line, with its NUL', ['No'], 'y550 5.7.1 No\0'],
  [
    'several lines in the strict form',
    ['eins', 'one', 'end'],
    'y550-5.7.1 eins\r\n550-5.7.1 one\r\n550 5.7.1 end\0',
  ],
  ['a percent sign, doubled', ['100% sure'], 'y550 5.7.1 100%% sure\0'],
  ['an empty line between', ['a', '', 'b'], 'y550-5.7.1 a\r\n550-5.7.1 \r\n550 5.7.1 b\0'],
  ['no line at all', [], 'y550 5.7.1 \0'],
  ['line ends, NUL and tabs inside a line', ['a\r\n250 ok\0\tb'], 'y550 5.7.1 a 250 ok b\0'],
  ['letters beyond ASCII', ['für 5 €'], 'y550 5.7.1 f?r 5 ?\0'],
] as const) {
  it(`writes ${what}`, () => expect(wire(refused(...lines))).toBe(expected))
}

for (const [what, code, enhancedStatus] of [
  ['a code of 2xx', 250, '2.0.0'],
  ['a code of 6xx', 650, '6.0.0'],
  ['an enhanced code of another class', 550, '4.7.1'],
  ['no number at all', Number.NaN, '5.7.1'],
  ['an enhanced code in another form', 550, '5.7.1e3'],
] as const) {
  it(`refuses ${what}, which would switch the filter off`, () => {
    expect(() => writeReply({ code, enhancedStatus, lines: ['x'] })).toThrow(RangeError)
  })
}

test('whatever the text, the reply keeps the form and says all that fits', () => {
  const text = fc.string({ unit: fc.constantFrom('a', ' ', '%', '\n', 'ü', '\0', 'long'), maxLength: 2500 })
  fc.assert(
    fc.property(fc.array(text, { maxLength: 40 }), (lines) => {
      const reply = wire(refused(...lines))
      expect(reply).toMatch(/^y(550-5\.7\.1 [ -~]*\r\n){0,31}550 5\.7\.1 [ -~]*\0$/)
      const written = reply.slice(1, -1).split('\r\n')
      for (const line of written) {
        expect(line.length).toBeLessThanOrEqual(510)
        expect(line.replaceAll('%%', '')).not.toContain('%')
      }
    }),
  )
})

test('a long line is broken at a space and loses nothing', () => {
  const text = Array.from({ length: 200 }, (_, at) => `word${at}`).join(' ')
  const lines = wire(refused(text)).slice(1, -1).split('\r\n')
  expect(lines.map((line) => line.slice(10)).join(' ')).toBe(text)
})
