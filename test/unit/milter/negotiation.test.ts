import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { MailFailure } from '../../../src/failure.ts'
import type { ConnectionFilter } from '../../../src/milter/filter.ts'
import { isUnanswered, negotiate } from '../../../src/milter/negotiation.ts'
import type { Stage } from '../../../src/milter/protocol.ts'
import { recordingFilter } from '../../support/recording-filter.ts'

const offer = { version: 6, actions: 0x1ff, protocol: 0x1fffff }
const full = { filter: recordingFilter([]), decides: ['recipient'], tcp: false } as const

/** The answer as the mail server reads it. */
function read(reply: Buffer) {
  const [version, actions, protocol] = [5, 9, 13].map((at) => reply.readUInt32BE(at)) as [
    number,
    number,
    number,
  ]
  const lists = new Map<number, string[]>()
  for (let at = 17; at < reply.length; ) {
    const end = reply.indexOf(0, at + 4)
    lists.set(reply.readUInt32BE(at), reply.toString('latin1', at + 4, end).split(' '))
    at = end + 1
  }
  return { version, actions, protocol, lists }
}

test('exactly the changes that a filter can ask for are announced: fields and body', () => {
  expect(read(negotiate(offer, full).reply).actions).toBe(0x1 | 0x2 | 0x10 | 0x100)
})

test('never more is asked for than the mail server offered', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 9 }),
      fc.nat(0x1ff),
      fc.nat(0x3fffffff),
      fc.boolean(),
      fc.boolean(),
      (version, actions, protocol, tcp, bare) => {
        const filter = bare ? {} : full.filter
        const { agreement, reply } = negotiate({ version, actions, protocol }, { ...full, filter, tcp })
        expect(agreement.version).toBe(Math.min(6, version))
        expect(agreement.actions & ~actions).toBe(0)
        expect(agreement.protocol & ~protocol).toBe(0)
        expect(read(reply)).toMatchObject(agreement)
        if ((actions & 0x100) === 0) expect(reply.length).toBe(17)
      },
    ),
  )
})

test('an MTA below version 2 is refused', () => {
  expect(() => negotiate({ ...offer, version: 1 }, full)).toThrow(MailFailure)
})

test('white space behind the colon is always asked for', () => {
  expect(negotiate(offer, { ...full, filter: {} }).agreement.protocol & 0x100000).toBeTruthy()
})

test('rejected recipients are not asked for, so that nobody counts them', () => {
  expect(negotiate(offer, full).agreement.protocol & 0x800).toBe(0)
})

describe('which stages the MTA waits for', () => {
  const all = ['connect', 'helo', 'mail', 'recipient', 'data', 'header', 'endOfHeader', 'body'] as const
  for (const [what, wishes, waitedFor] of [
    ['on a unix socket: those that decide', full, ['recipient']],
    ['over TCP: DATA too, lest every message waits 40 ms', { ...full, tcp: true }, ['recipient', 'data']],
    ['over TCP where nothing decides: DATA', { ...full, decides: [], tcp: true }, ['data']],
  ] as const) {
    it(what, () => {
      const { agreement } = negotiate(offer, wishes)
      expect(all.filter((stage: Stage) => !isUnanswered(stage, agreement))).toEqual(waitedFor)
    })
  }

  it('with an old MTA that knows no silence: all of them', () => {
    const { agreement } = negotiate({ version: 2, actions: 0x1f, protocol: 0x7f }, full)
    expect(all.filter((stage: Stage) => !isUnanswered(stage, agreement))).toEqual(all)
  })
})

describe('stages that a filter has no method for', () => {
  const onlyEnd: ConnectionFilter = { endOfMessage: async () => ({ kind: 'accept', edits: [] }) }

  it('are not sent, but MAIL is, where a message begins', () => {
    const { protocol } = negotiate(offer, { ...full, filter: onlyEnd, decides: [] }).agreement
    expect(protocol & 0x37f).toBe(0x1 | 0x2 | 0x8 | 0x10 | 0x20 | 0x40 | 0x100 | 0x200)
    expect(protocol & 0x4000).toBeTruthy()
  })

  it('keep DATA over TCP', () => {
    const { protocol } = negotiate(offer, { filter: onlyEnd, decides: [], tcp: true }).agreement
    expect(protocol & (0x200 | 0x10000)).toBe(0)
  })
})

test('macros are asked for at the stage where they first mean something', () => {
  const { lists } = read(negotiate(offer, full).reply)
  expect(lists.get(0)).toEqual(
    expect.arrayContaining([
      'j',
      '_',
      'v',
      '{client_addr}',
      '{client_name}',
      '{client_ptr}',
      '{client_resolve}',
      '{daemon_port}',
    ]),
  )
  expect(lists.get(1)).toEqual(['{tls_version}', '{cipher}', '{cipher_bits}'])
  expect(lists.get(2)).toContain('{auth_authen}')
  expect(lists.get(4)).toContain('i')
  expect(lists.get(5)).toContain('i')
})
