import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { authorOf, parsePath } from '../../../src/message/address.ts'
import { parseAddressList } from '../../../src/message/address-list.ts'
import { utf8AsLatin1 } from '../../../src/message/latin1.ts'

describe('a path of the envelope', () => {
  it.each([
    ['<ann@example.org>', 'ann', 'example.org', 'ann@example.org'],
    ['ann@example.org', 'ann', 'example.org', 'ann@example.org'],
    ['<Ann.B@EXAMPLE.Org>', 'Ann.B', 'example.org', 'Ann.B@example.org'],
    ['<"ann"@example.org>', 'ann', 'example.org', 'ann@example.org'],
    ['<"ann b"@example.org>', 'ann b', 'example.org', '"ann b"@example.org'],
    ['<"a\\"b\\\\c"@example.org>', 'a"b\\c', 'example.org', '"a\\"b\\\\c"@example.org'],
    ['<"a>b"@example.org>', 'a>b', 'example.org', '"a>b"@example.org'],
    ['<a+b=c_d@example.org>', 'a+b=c_d', 'example.org', 'a+b=c_d@example.org'],
    ['<ann@müller.example>', 'ann', 'xn--mller-kva.example', 'ann@xn--mller-kva.example'],
    ['<jörg@MÜLLER.example>', 'jörg', 'xn--mller-kva.example', 'jörg@xn--mller-kva.example'],
    ['<ann@xn--mller-kva.example>', 'ann', 'xn--mller-kva.example', 'ann@xn--mller-kva.example'],
    ['<ann@[192.0.2.1]>', 'ann', '[192.0.2.1]', 'ann@[192.0.2.1]'],
    ['<ann@[IPv6:2001:DB8::1]>', 'ann', '[ipv6:2001:db8::1]', 'ann@[ipv6:2001:db8::1]'],
    ['<ann@a_b.example>', 'ann', 'a_b.example', 'ann@a_b.example'],
  ])('%s is read', (path, local, domain, address) => {
    expect(parsePath(utf8AsLatin1(path))).toEqual({ kind: 'mailbox', mailbox: { local, domain, address } })
  })

  it.each(['<>', ''])('%j is the null reverse-path', (path) => {
    expect(parsePath(path)).toEqual({ kind: 'null' })
  })

  it.each([
    ['<@a.example,@b.example:ann@example.org>', 'source route'],
    ['<ann@example.org', 'brackets'],
    ['ann@example.org>', 'brackets'],
    ['<postmaster>', 'no domain'],
    ['<@example.org>', 'source route'],
    ['<""@example.org>', 'local part'],
    ['<.ann@example.org>', 'local part'],
    ['<a..b@example.org>', 'local part'],
    ['<ann.@example.org>', 'local part'],
    ['<a b@example.org>', 'local part'],
    ['<a@b@example.org>', 'local part'],
    ['<"a@b"@example.org>', 'at sign in the local part'],
    ['<"ann@example.org>', 'local part'],
    ['<"ann\\"@example.org>', 'local part'],
    ['<ann@example..org>', 'domain'],
    ['<ann@-a.example>', 'domain'],
    ['<ann@example.org.>', 'domain'],
    ['<ann@192.0.2.1>', 'domain'],
    ['<ann@exa mple.org>', 'domain'],
    ['<ann@exämple.org/x>', 'domain'],
    ['<ann@ä:80>', 'domain'],
    ['<ann@>', 'domain'],
    [`<ann@${'a'.repeat(64)}.example>`, 'domain'],
    [`<${'a'.repeat(65)}@example.org>`, 'local part too long'],
    ['<ann\r\nRCPT@example.org>', 'control characters'],
    ['<ann\0@example.org>', 'control characters'],
  ])('%j is refused', (path, reason) => {
    expect(parsePath(utf8AsLatin1(path))).toEqual({ kind: 'malformed', reason })
  })

  it('with bytes that are not UTF-8 is refused', () => {
    expect(parsePath('<j\xf6rg@example.org>')).toEqual({
      kind: 'malformed',
      reason: 'bytes that are not UTF-8',
    })
  })

  it('that was read reads the same again', () => {
    const part = fc.string({
      unit: fc.constantFrom('a', 'B', '.', '"', '\\', '@', ' ', 'ü', '<', '>', '[', '-'),
      maxLength: 8,
    })
    fc.assert(
      fc.property(part, part, (local, domain) => {
        const first = parsePath(utf8AsLatin1(`<${local}@${domain}>`))
        if (first.kind !== 'mailbox') return
        expect(parsePath(utf8AsLatin1(`<${first.mailbox.address}>`))).toEqual(first)
      }),
    )
  })
})

describe('the author', () => {
  const author = (address: string, name?: string) => {
    const at = address.lastIndexOf('@')
    return { kind: 'author', local: address.slice(0, at), domain: address.slice(at + 1), address, name }
  }
  it.each([
    ['ann@example.org', author('ann@example.org')],
    ['Ann <ann@example.org>', author('ann@example.org', 'Ann')],
    ['"Example, Ann" <ann@example.org>', author('ann@example.org', 'Example, Ann')],
    ['Ann B. Example <ann@EXAMPLE.org>', author('ann@example.org', 'Ann B. Example')],
    ['ann@example.org (Ann Example)', author('ann@example.org', 'Ann Example')],
    ['ann (at home) @ (her) example.org', author('ann@example.org', 'at home')],
    ['=?iso-8859-1?Q?J=F6rg?= <j@example.org>', author('j@example.org', 'Jörg')],
    ['"=?utf-8?B?SsO2cmc=?=" <j@example.org>', author('j@example.org', 'Jörg')],
    ['J\xf6rg <j@example.org>', author('j@example.org', 'Jörg')],
    ['Ann\r\n <ann@example.org>', author('ann@example.org', 'Ann')],
    ['boss@example.org <ann@example.com>', author('ann@example.com', 'boss@example.org')],
    ['"boss@example.org" <ann@example.com>', author('ann@example.com', 'boss@example.org')],
    ['Team: ann@example.org;', author('ann@example.org')],
    [', ann@example.org,', author('ann@example.org')],
    ['<"ann b"@example.org>', { ...author('"ann b"@example.org'), local: 'ann b' }],
    ['ann@example.org, bob@example.org', { kind: 'several' }],
    ['Team: a@example.org, b@example.org;', { kind: 'several' }],
    ['undisclosed:;', { kind: 'none' }],
    ['', { kind: 'none' }],
    ['Ann', { kind: 'malformed', reason: 'text around an address' }],
    ['<ann@example.org> <bob@example.org>', { kind: 'malformed', reason: 'two addresses in one place' }],
    ['<ann@example.org> bob@example.org', { kind: 'malformed', reason: 'text behind an address' }],
    ['ann@example.org bob@example.org', { kind: 'malformed', reason: 'text around an address' }],
    ['a@b@example.org', { kind: 'malformed', reason: 'text around an address' }],
    ['<@a.example:ann@example.org>', { kind: 'malformed', reason: 'local part' }],
    ['"Ann <ann@example.org>', { kind: 'malformed', reason: 'quoted string without end' }],
    ['Ann (x <ann@example.org>', { kind: 'malformed', reason: 'comment without end' }],
    ['Ann <ann@example.org', { kind: 'malformed', reason: 'address without end' }],
    ['Team: ann@example.org', { kind: 'malformed', reason: 'group without end' }],
    ['<>', { kind: 'malformed', reason: 'no domain' }],
  ])('of %j is told', (value, expected) => {
    const found = authorOf([{ name: 'from', value: ` ${value}` }])
    expect(found).toEqual(expected)
  })
  it.each([
    ['Doe, John <ann@example.org>', 'Doe, John'],
    ['Doe, John, Dr. <ann@example.org>', 'Doe, John, Dr.'],
    ['=?utf-8?Q?M=C3=BCller?=, Ann <ann@example.org>', 'Müller, Ann'],
    ['Doe,\r\n John <ann@example.org>', 'Doe, John'],
  ])('%j is one author, as mail programs show it', (value, name) => {
    expect(authorOf([{ name: 'From', value }])).toMatchObject({
      kind: 'author',
      name,
      address: 'ann@example.org',
    })
  })
  it.each([
    'eve@evil.example, John <ann@example.org>',
    'Doe, <eve@evil.example> <ann@example.org>',
    'Doe, "eve@evil.example" <ann@example.org>',
    'Doe, John <ann@example.org>, Eve',
    'Doe, John (c) <ann@example.org>',
    'Doe; John <ann@example.org>',
    'Doe, John <>',
    'Doe, John',
  ])('%j is not one author: something else could be meant', (value) => {
    expect(authorOf([{ name: 'From', value }]).kind).not.toBe('author')
  })
  it('is none without a From field and several with two', () => {
    expect(authorOf([])).toEqual({ kind: 'none' })
    const from = { name: 'From', value: ' ann@example.org' }
    expect(authorOf([from, from])).toEqual({ kind: 'several' })
  })
})

test('arbitrary address lists are read or refused, and a read address has no surprises', () => {
  const text = fc.string({
    unit: fc.constantFrom(
      'a',
      'b.c',
      '@',
      '<',
      '>',
      ',',
      ';',
      ':',
      '"',
      '(',
      ')',
      '\\',
      ' ',
      '[',
      ']',
      '\r\n ',
      'ü',
    ),
    maxLength: 40,
  })
  fc.assert(
    fc.property(text, (value) => {
      const list = parseAddressList(utf8AsLatin1(value))
      if (list.kind === 'malformed') return
      for (const { address, domain } of list.mailboxes) {
        expect(parsePath(utf8AsLatin1(address))).toMatchObject({
          kind: 'mailbox',
          mailbox: { address, domain },
        })
      }
    }),
    { numRuns: 2000 },
  )
})

test.each(['(', '"', '<', '\\', 'a@', '<a@b>,', ':', '[', '"a" '])(
  '100 kB of %j are read in one pass',
  (piece) => {
    parseAddressList(piece.repeat(100_000 / piece.length))
    authorOf([{ name: 'From', value: piece.repeat(100_000 / piece.length) }])
  },
)
