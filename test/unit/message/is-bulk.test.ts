import { expect, it } from 'vitest'
import { isBulk } from '../../../src/message/is-bulk.ts'

for (const [what, name, value, bulk] of [
  ['a mailing list', 'List-Id', ' <x.example>', true],
  ['a newsletter', 'list-unsubscribe', ' <https://x.example>', true],
  ['bulk by its own word', 'Precedence', ' Bulk ', true],
  ['a letter', 'Subject', ' Bulk', false],
  ['an urgent letter', 'Precedence', ' first-class', false],
] as const) {
  it(`${what} is ${bulk ? '' : 'not '}bulk mail`, () => expect(isBulk([{ name, value }])).toBe(bulk))
}
