import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { MailFailure } from '../../../src/failure.ts'
import { type Command, parseCommand } from '../../../src/milter/parse-command.ts'
import type { Packet } from '../../../src/milter/read-packet.ts'

const packet = (command: string, text: string): Packet => ({ command, data: Buffer.from(text, 'latin1') })

for (const [what, command, text, expected] of [
  [
    'an IPv6 client as Postfix writes it',
    'C',
    'h\x006\x04\xd22001:db8::1\0',
    { kind: 'connect', hostName: 'h', family: 'inet6', port: 1234, address: '2001:db8::1' },
  ],
  [
    'an IPv6 client as Sendmail writes it',
    'C',
    'h\x006\0\0IPv6:2001:db8::1\0',
    { kind: 'connect', hostName: 'h', family: 'inet6', port: 0, address: '2001:db8::1' },
  ],
  [
    'a client on a unix socket',
    'C',
    'localhost\0L\0\0/run/x\0',
    { kind: 'connect', hostName: 'localhost', family: 'unix', port: 0, address: '/run/x' },
  ],
  [
    'a client nobody knows',
    'C',
    'unknown\0U',
    { kind: 'connect', hostName: 'unknown', family: 'unknown', port: 0, address: '' },
  ],
  ['the null sender', 'M', '<>\0', { kind: 'mail', address: '<>', parameters: [] }],
  [
    'ESMTP parameters, apart from the address',
    'M',
    '<a@b.test>\0SIZE=10\0BODY=8BITMIME\0',
    { kind: 'mail', address: '<a@b.test>', parameters: ['SIZE=10', 'BODY=8BITMIME'] },
  ],
  [
    'a recipient without brackets, from sendmail(1)',
    'R',
    'a@b.test\0',
    { kind: 'recipient', address: 'a@b.test', parameters: [] },
  ],
  ['an empty header value', 'L', 'X-Empty\0\0', { kind: 'header', name: 'X-Empty', value: '' }],
  ['raw 8-bit bytes in a header', 'L', 'X\0 \xe9\xff\0', { kind: 'header', name: 'X', value: ' \xe9\xff' }],
  [
    'macros of one letter and longer ones',
    'D',
    'Ci\0ABC\0{client_addr}\x00192.0.2.1\0',
    {
      kind: 'macros',
      of: 'C',
      macros: new Map([
        ['i', 'ABC'],
        ['client_addr', '192.0.2.1'],
      ]),
    },
  ],
  [
    'a one-letter macro in braces',
    'D',
    'M{i}\0ABC\0',
    { kind: 'macros', of: 'M', macros: new Map([['i', 'ABC']]) },
  ],
  [
    'an empty macro value',
    'D',
    'M{auth_authen}\0\0i\0A\0',
    {
      kind: 'macros',
      of: 'M',
      macros: new Map([
        ['auth_authen', ''],
        ['i', 'A'],
      ]),
    },
  ],
  ['a macro name without value', 'D', 'Mi\0', { kind: 'macros', of: 'M', macros: new Map([['i', '']]) }],
  ['macros without the last NUL', 'D', 'Mi\0A', { kind: 'macros', of: 'M', macros: new Map([['i', 'A']]) }],
  ['a stage without macros', 'D', 'H', { kind: 'macros', of: 'H', macros: new Map() }],
  ['a body with NUL', 'B', 'a\0b\r', { kind: 'body', chunk: Buffer.from('a\0b\r') }],
  ['an end of message with a last chunk', 'E', 'tail', { kind: 'endOfMessage', chunk: Buffer.from('tail') }],
] as const satisfies readonly (readonly [string, string, string, Command])[]) {
  it(`reads ${what}`, () => {
    expect(parseCommand(packet(command, text))).toEqual(expected)
  })
}

for (const [what, command, text] of [
  ['an offer that is cut short', 'O', '\0\0\0\x06\0\0\0\0\0\0\0'],
  ['macros of no command', 'D', ''],
  ['a client without family', 'C', 'host\0'],
  ['a client without end of its name', 'C', 'host'],
  ['a client of a family from nowhere', 'C', 'host\x007\0\0x\0'],
  ['a client whose port is cut', 'C', 'host\x004\0'],
  ['a client whose address has no end', 'C', 'host\x004\0\x19192.0.2.1'],
  ['a HELO without NUL', 'H', 'name'],
  ['a sender without NUL', 'M', '<a@b.test>'],
  ['no recipient at all', 'R', ''],
  ['a header without value', 'L', 'Name\0'],
  ['a header with a third string', 'L', 'Name\0value\0more\0'],
  ['a command from nowhere', 'X', ''],
] as const) {
  it(`refuses ${what}`, () => {
    expect(() => parseCommand(packet(command, text))).toThrow(MailFailure)
  })
}

test('any bytes behind any command byte parse or fail as a mail failure', () => {
  fc.assert(
    fc.property(fc.nat(255), fc.uint8Array({ maxLength: 60 }), (command, data) => {
      try {
        parseCommand({ command: String.fromCharCode(command), data: Buffer.from(data) })
      } catch (error) {
        expect(error).toBeInstanceOf(MailFailure)
      }
    }),
    { numRuns: 3000 },
  )
})
