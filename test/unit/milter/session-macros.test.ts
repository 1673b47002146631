import { expect, test } from 'vitest'
import { SessionMacros } from '../../../src/milter/session-macros.ts'

const macros = (entries: Record<string, string>) => new Map(Object.entries(entries))

test('what is known of the connection is still known in its second message', () => {
  const known = new SessionMacros()
  known.arrived('C', macros({ client_addr: '192.0.2.1' }))
  known.at('C')
  known.arrived('M', macros({ auth_authen: 'anna' }))
  known.at('M')
  known.endMessage()
  known.arrived('M', macros({}))
  expect(known.at('M')).toEqual(macros({ client_addr: '192.0.2.1' }))
})

test('a login does not outlive its message, even without ABORT between', () => {
  const known = new SessionMacros()
  known.arrived('M', macros({ auth_authen: 'anna' }))
  known.at('M')
  expect(known.at('M').has('auth_authen')).toBe(false)
})

test('HELO after STARTTLS replaces what HELO said before', () => {
  const known = new SessionMacros()
  known.arrived('H', macros({ tls_version: 'TLSv1.3' }))
  expect(known.at('H').get('tls_version')).toBe('TLSv1.3')
  known.arrived('H', macros({}))
  expect(known.at('H').size).toBe(0)
})

test('the queue id may come at any stage and is known at the end', () => {
  for (const of of ['M', 'T', 'E'] as const) {
    const known = new SessionMacros()
    known.arrived(of, macros({ i: 'ABC' }))
    known.at(of)
    expect(known.at('E').get('i')).toBe(of === 'E' ? undefined : 'ABC')
  }
})

test('what is said of one recipient is not said of the next, nor of the message', () => {
  const known = new SessionMacros()
  known.arrived('R', macros({ rcpt_addr: 'a' }))
  expect(known.at('R').get('rcpt_addr')).toBe('a')
  expect(known.at('R').has('rcpt_addr')).toBe(false)
  expect(known.at('E').has('rcpt_addr')).toBe(false)
})
