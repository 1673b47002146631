import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { decodeText, encodeWords } from '../../../src/message/encoded-words.ts'

describe('text for people', () => {
  it.each([
    ['plain', 'plain'],
    ['=?utf-8?Q?Gr=C3=BC=C3=9Fe?=', 'Grüße'],
    ['=?UTF-8?B?R3LDvMOfZQ==?=', 'Grüße'],
    ['=?iso-8859-1?q?Gr=FC=DFe?=', 'Grüße'],
    ['=?iso-8859-15?q?=A4?=', '€'],
    ['=?windows-1252?q?=80?=', '€'],
    ['=?utf-8*de?q?a_b?=', 'a b'],
    ['a =?utf-8?q?b?= =?utf-8?q?c?= d', 'a bc d'],
    ['=?utf-8?B?w7w=?=\t =?utf-8?B?w58=?=', 'üß'],
    ['=?utf-8?q?=C3?= =?utf-8?q?=BC?=', 'ü'],
    ['=?utf-8?q?=C3?= x =?utf-8?q?=BC?=', '� x �'],
    ['=?x-unknown?q?abc?=', '=?x-unknown?q?abc?='],
    ['=?utf-7?q?+ADw-?=', '=?utf-7?q?+ADw-?='],
    ['=?utf-8?q?no end', '=?utf-8?q?no end'],
    ['Gr\xc3\xbc\xc3\x9fe', 'Grüße'],
    ['Gr\xfc\xdfe', 'Grüße'],
    ['=?utf-8?q?a=0D=0ABcc:_x=00?=', 'a  Bcc: x '],
    ['a\x1b[31m', 'a [31m'],
  ])('of %j is %j', (value, text) => {
    expect(decodeText(value)).toBe(text)
  })
})

test('encoded words are at most 75 characters and give the text back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      const words = encodeWords(text)
      for (const word of words.split(' ')) expect(word.length).toBeLessThanOrEqual(75)
      const clean = [...text].map((one) => (/\p{Cc}/u.test(one) && one !== '\t' ? ' ' : one)).join('')
      expect(decodeText(words)).toBe(clean)
    }),
  )
})

test.each(['=?', '=?a?', '=?utf-8?q?', '=?utf-8?q?a?=', '=?utf-8?q?=?= ', '?='])(
  '100 kB of %j are decoded',
  (piece) => {
    expect(typeof decodeText(piece.repeat(100_000 / piece.length))).toBe('string')
  },
)
