import { describe, expect, it } from 'vitest'
import { peopleInMail } from '../../../src/gateway/people-in-mail.ts'
import { receivedMessage } from '../../support/received-message.ts'

const people = (fields: string) =>
  peopleInMail(receivedMessage(`${fields}\n\n`).fields, ['kanzlei.example']).map(
    ({ person, address, own }) => `${person} ${address}${own ? ' own' : ''}`,
  )

describe('a mail of ours names', () => {
  for (const [what, fields, expected] of [
    [
      'its author and those outside that it is for',
      'From: Max Chef <max@kanzlei.example>\nTo: "Muster, Ann" <ann@partner.example>\nCc: Bob Frei <bob@post.kanzlei.example>, x@y.example',
      ['chef max max@kanzlei.example own', 'ann muster ann@partner.example'],
    ],
    [
      'nobody by an address',
      'From: max@kanzlei.example\nTo: "ann@partner.example" <ann@partner.example>',
      [],
    ],
    ['nobody outside as its author', 'From: Ann Muster <ann@partner.example>', []],
    [
      'nobody it is for where it is for many',
      `From: Max Chef <max@kanzlei.example>\nTo: ${Array.from({ length: 26 }, (_, n) => `Ann Muster <a${n}@x.example>`).join(', ')}`,
      ['chef max max@kanzlei.example own'],
    ],
    ['nobody by what cannot be read', 'From: Max Chef <max@kanzlei.example\nTo: ,,;:', []],
  ] as const) {
    it(what, () => expect(people(fields)).toEqual(expected))
  }
})
