import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddressList } from '../../../src/message/address-list.ts'
import { addressesShown, personKey } from '../../../src/trust/display-name.ts'

const shownIn = (from: string) => {
  const list = parseAddressList(Buffer.from(from).toString('latin1'))
  return list.kind === 'list' ? (list.mailboxes[0]?.name ?? '') : list.reason
}

describe('a person has one key, however the name is written', () => {
  for (const from of [
    'Max Müller <a@x.example>',
    '"Müller, Max" <a@x.example>',
    'Max Mueller <a@x.example>',
    'MAX MÜLLER <a@x.example>',
    '"Dr. Max F. Müller" <a@x.example>',
    '"Herr StB Dipl.-Kfm. Max Müller" <a@x.example>',
    '"Max Müller | Kanzlei Muster" <a@x.example>',
    '"Max Müller - Kanzlei Muster" <a@x.example>',
    '"Max Müller (Kanzlei Muster)" <a@x.example>',
    '=?utf-8?Q?Max_M=C3=BCller?= <a@x.example>',
    '=?iso-8859-1?Q?M=FCller=2C_Max?= <a@x.example>',
    '=?utf-8?B?TWF4IE3DvGxsZXI=?= <a@x.example>',
    // Cyrillic а and е, a digit, a blank without width, letters of full width.
    '"Mаx Müllеr" <a@x.example>',
    '"Max Mü1ler" <a@x.example>',
    '"Max Mül​ler" <a@x.example>',
    '"Ｍａｘ Müller" <a@x.example>',
    '"\'Max Müller\'" <a@x.example>',
    'a@x.example (Max Müller)',
  ]) {
    it(from, () => expect(personKey(shownIn(from))).toBe(personKey('Max Müller')))
  }

  it('and others have another', () => {
    const keys = ['Max Müller', 'Max Möller', 'Moritz Müller', 'Max Mustermann', 'Maxine Müller'].map(
      personKey,
    )
    expect(new Set(keys).size).toBe(5)
  })
})

describe('no person is', () => {
  for (const name of [
    '',
    'Max',
    'Dr. Müller',
    'Info',
    'Kanzlei Muster',
    'Team Buchhaltung',
    'No Reply',
    'Kundenservice Online GmbH',
    'max.mueller@kanzlei.example',
    'Amt für Straßenbau und Verkehr der Stadt Musterhausen im Taunus',
    '!!! ???',
  ]) {
    it(JSON.stringify(name), () => expect(personKey(name)).toBeUndefined())
  }
})

describe('addresses in a display name are found', () => {
  for (const [from, shown] of [
    ['"chef@kanzlei.example" <a@x.example>', ['chef@kanzlei.example']],
    ['"Chef (chef@kanzlei.example)" <a@x.example>', ['chef@kanzlei.example']],
    ['"CHEF＠Kanzlei.example" <a@x.example>', ['chef@kanzlei.example']],
    ['=?utf-8?Q?chef=40kanzlei=2Eexample?= <a@x.example>', ['chef@kanzlei.example']],
    ['"chef​@kanzlei.example" <a@x.example>', ['chef@kanzlei.example']],
    ['chef@kanzlei.example <a@x.example>', ['chef@kanzlei.example']],
    ['"<chef@kanzlei.example>" <a@x.example>', ['chef@kanzlei.example']],
    ['"a@x.example, chef@kanzlei.example" <a@x.example>', ['a@x.example', 'chef@kanzlei.example']],
    ['"@home" <a@x.example>', []],
    ['"Anna @ Firma" <a@x.example>', []],
  ] as const) {
    it(from, () => expect(addressesShown(shownIn(from))).toEqual(shown))
  }

  it('in any text, however long, in little time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        addressesShown(text)
        personKey(text)
      }),
    )
    expect(addressesShown('@a.'.repeat(100_000))).toEqual([])
    expect(personKey(`${'('.repeat(100_000)} a`)).toBeUndefined()
  })
})
