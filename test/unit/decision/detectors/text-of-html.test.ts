import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { textsOfHtml } from '../../../../src/decision/detectors/text-of-html.ts'

describe('HTML, for a detector', () => {
  for (const [what, html, joined, parted] of [
    ['a tag inside a word', 'DE<b>89</b>', 'DE89', 'DE 89 '],
    ['cells beside each other', '<td>1</td><td>2</td>', '12', ' 1  2 '],
    ['entities', 'gr&uuml;n&#38;&#x42;&nbsp;&soft;', 'grün&B &soft;', 'grün&B &soft;'],
    ['a comment', 'a<!-- <b>x</b> -->b', 'ab', 'a b'],
    ['a sign that is no tag', '1 < 2 > 0', '1 < 2 > 0', '1 <  2 > 0'],
    ['a tag that never ends', '<b>a</b><b und Text', 'a<b und Text', ' a <b und Text'],
  ] as const) {
    it(`shows ${what}`, () => {
      expect(textsOfHtml(html)).toEqual([joined, parted])
    })
  }

  test('of tags and comments that never end costs no more than its length', () => {
    for (const piece of ['<!--x>', '<a', '<', '<!--', '&#', '<b>']) textsOfHtml(piece.repeat(200_000))
  })

  test('keeps every character that stands in no tag', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const plain = text.replace(/[<>&]/g, '')
        expect(textsOfHtml(`<p>${plain}</p>`)[0]).toBe(plain)
      }),
    )
  })
})
