import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { answeredMessageIds, ownMessageId } from '../../../src/message/answered-message-ids.ts'
import { outgoingMessageId } from '../../../src/message/outgoing-message-id.ts'

const fields = (...named: readonly (readonly [string, string])[]) =>
  named.map(([name, value]) => ({ name, value }))
const ids = (count: number) => Array.from({ length: count }, (_, n) => `<${n}@example.com>`)

describe('what a message answers', () => {
  for (const [what, given, expected] of [
    ['nothing', fields(), []],
    ['one mail', fields(['In-Reply-To', ' <1@example.com>']), ['<1@example.com>']],
    [
      'a thread, each once',
      fields(['In-Reply-To', ' <2@x>'], ['References', ' <1@x>\r\n <2@x>']),
      ['<2@x>', '<1@x>'],
    ],
    [
      'a mail with words around it',
      fields(['In-Reply-To', ' Message of Monday <1@x> (from Ann)']),
      ['<1@x>'],
    ],
    ['nothing that has blanks in it', fields(['References', ' <1 @x> <2@x']), []],
    ['the last field of a name', fields(['References', ' <1@x>'], ['References', ' <2@x>']), ['<2@x>']],
    ['of a long thread the last ten', fields(['References', ids(12).join(' ')]), ids(12).slice(2)],
  ] as const)
    it(`is ${what}`, () => {
      expect(answeredMessageIds(given)).toEqual(expected)
    })

  it('is found among fifty thousand references without reading them all', () => {
    const found = answeredMessageIds(fields(['References', ids(50_000).join('\r\n ')]))
    expect(found).toEqual(ids(50_000).slice(-10))
    expect(answeredMessageIds(fields(['References', '<'.repeat(5_000_000)]))).toEqual([])
  })

  test('is a bounded number of identifiers, whatever the field says', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string({ unit: fc.constantFrom('<', '>', '@', 'a', ' ', '\r\n ') }),
        (a, b) => {
          const found = answeredMessageIds(fields(['In-Reply-To', a], ['References', b]))
          expect(found.length).toBeLessThanOrEqual(13)
          for (const id of found) expect(id).toMatch(/^<[^<>\s]+>$/)
        },
      ),
    )
  })
})

describe('the identifier of a mail of ours', () => {
  const mail = { digest: 'ab'.repeat(32), sender: 'ann@example.com', mtaName: 'mail.example.com', fields: [] }
  it('is its own', () => {
    expect(outgoingMessageId({ ...mail, fields: fields(['Message-Id', ' <1@pc>']) })).toBe('<1@pc>')
  })
  it('is made of its digest where it has none, so that it is the same when it comes again', () => {
    expect(outgoingMessageId(mail)).toBe(`<${'ab'.repeat(20)}@example.com>`)
    expect(outgoingMessageId({ ...mail, sender: '' })).toBe(`<${'ab'.repeat(20)}@mail.example.com>`)
  })
  it('is unknown where it is malformed or not one', () => {
    for (const value of ['', ' 1@pc', ' <1@pc> <2@pc>'])
      expect(ownMessageId(fields(['Message-ID', value]))).toBeUndefined()
  })
})
