import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { armorBlocks } from '../../../../src/keys/openpgp/openpgp-armor.ts'
import { latin1Bytes } from '../../../../src/message/latin1.ts'

const blocksIn = (text: string) =>
  armorBlocks(latin1Bytes(text)).map(({ label, content }) => [label, Buffer.from(content).toString()])
const armor = (label: string, lines: readonly string[]) =>
  [`-----BEGIN PGP ${label}-----`, ...lines, `-----END PGP ${label}-----`, ''].join('\n')
const hello = ['', 'SGVsbG8=', '=abcd']

describe('armored blocks are found', () => {
  for (const [what, text, found] of [
    ['alone', armor('MESSAGE', hello), [['MESSAGE', 'Hello']]],
    ['with text around', `Hi\n${armor('SIGNATURE', hello)}bye`, [['SIGNATURE', 'Hello']]],
    [
      'with CRLF and blanks that a mail program added',
      armor('MESSAGE', hello).replaceAll('\n', ' \r\n'),
      [['MESSAGE', 'Hello']],
    ],
    [
      'with headers',
      armor('MESSAGE', ['Version: GnuPG v2', 'Comment: a: b', ...hello]),
      [['MESSAGE', 'Hello']],
    ],
    ['without the blank line', armor('MESSAGE', ['SGVsbG8=']), [['MESSAGE', 'Hello']]],
    ['without a checksum', armor('MESSAGE', ['', 'SGVsbG8=']), [['MESSAGE', 'Hello']]],
    [
      'twice',
      armor('MESSAGE', hello) + armor('SIGNATURE', hello),
      [
        ['MESSAGE', 'Hello'],
        ['SIGNATURE', 'Hello'],
      ],
    ],
    ['but not without an end', '-----BEGIN PGP MESSAGE-----\n\nSGVsbG8=\n', []],
    ['but not with a form feed in a header', armor('MESSAGE', ['Comment: a\fb', ...hello]), []],
    ['but not with a form feed for the blank line', armor('MESSAGE', ['\f', 'SGVsbG8=']), []],
    ['but not with a NUL in the body', armor('MESSAGE', ['', 'SGVs\0bG8=']), []],
    ['but not with text for a header', armor('MESSAGE', ['this is no header', ...hello]), []],
    ['but not with another end', armor('MESSAGE', hello).replace('END PGP MESSAGE', 'END PGP SIGNATURE'), []],
    ['but not inside a quotation', armor('MESSAGE', hello).replaceAll(/^/gm, '> '), []],
  ] as const) {
    it(what, () => {
      expect(blocksIn(text)).toEqual(found)
    })
  }
})

test('arbitrary text gives blocks or none', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '-----BEGIN PGP MESSAGE-----',
      '-----END PGP MESSAGE-----',
      '',
      '=abcd',
      'SGVsbG8=',
      'A: b',
    ),
    fc.string({ maxLength: 20 }),
  )
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      for (const { content } of armorBlocks(Buffer.from(lines.join('\n'))))
        expect(content.length).toBeGreaterThan(0)
    }),
  )
})
