import { describe, expect, it, test } from 'vitest'
import {
  builtInInbound,
  builtInOutbound,
  inboundPolicyFor,
  outboundPolicyFor,
  partnerAuthoritiesFor,
} from '../../../src/policy/find-policy.ts'
import type { OutboundRule } from '../../../src/policy/policy.ts'

const outbound = new Map<string, OutboundRule>([
  ['default', { sign: 'always', otherwise: 'reject' }],
  ['*.example.org', { protection: ['tls'], otherwise: 'wait' }],
  ['*.b.example.org', { protection: ['pdf'] }],
  ['a.b.example.org', { sign: 'never' }],
  ['anna@a.b.example.org', { protection: ['none'] }],
  ['bert@example.net', { tlsNames: ['mx.example.com'] }],
])

describe('Mail is protected by the narrowest rule for each setting', () => {
  for (const [what, recipient, policy] of [
    [
      'an address before its domain',
      'anna@a.b.example.org',
      { protection: ['none'], otherwise: 'wait', sign: 'never' },
    ],
    ['whatever the case', 'ANNA@A.B.Example.Org', { protection: ['none'], otherwise: 'wait', sign: 'never' }],
    ['quoted or not', '"anna"@a.b.example.org', { protection: ['none'], otherwise: 'wait', sign: 'never' }],
    [
      'a domain before its parent',
      'carl@a.b.example.org',
      { protection: ['pdf'], otherwise: 'wait', sign: 'never' },
    ],
    [
      'the nearest parent first',
      'carl@x.b.example.org',
      { protection: ['pdf'], otherwise: 'wait', sign: 'always' },
    ],
    ['then wider parents', 'carl@c.example.org', { protection: ['tls'], otherwise: 'wait', sign: 'always' }],
    [
      'a parent not for itself',
      'carl@example.org',
      { ...builtInOutbound, otherwise: 'reject', sign: 'always' },
    ],
    ['default for the rest', 'x@example.com', { ...builtInOutbound, otherwise: 'reject', sign: 'always' }],
    ['default without a domain', 'postmaster', { ...builtInOutbound, otherwise: 'reject', sign: 'always' }],
    [
      'an address without a rule for its domain',
      'bert@example.net',
      { ...builtInOutbound, otherwise: 'reject', sign: 'always', tlsNames: ['mx.example.com'] },
    ],
  ] as const) {
    it(`${what}: ${recipient}`, () => {
      expect(outboundPolicyFor({ outbound }, recipient)).toEqual({ ...builtInOutbound, ...policy })
    })
  }
})

test('Without any rule nothing leaves in the clear, and a clean first contact is accepted', () => {
  expect(outboundPolicyFor({ outbound: new Map() }, 'a@example.org')).toEqual(builtInOutbound)
  expect(builtInOutbound.protection).not.toContain('none')
  expect(inboundPolicyFor({ inbound: new Map() }, 'a@example.org')).toEqual(builtInInbound)
})

test('A rule for one address changes one setting of its domain', () => {
  const inbound = new Map([
    ['example.org', { acceptFrom: 0, telephone: '+49 30 1' }],
    ['lohn@example.org', { hold: 60_000 }],
  ])
  expect(inboundPolicyFor({ inbound }, 'lohn@example.org')).toEqual({
    ...builtInInbound,
    acceptFrom: 0,
    telephone: '+49 30 1',
    hold: 60_000,
  })
})

describe('The authorities of a partner', () => {
  const partners = new Map([
    ['example.org', { authorities: ['/house.pem'] }],
    ['anna@example.org', { authorities: ['/anna.pem'] }],
    ['*.example.org', { authorities: ['/below.pem'] }],
  ])
  for (const [address, files] of [
    ['bert@example.org', ['/house.pem']],
    ['ANNA@Example.org', ['/anna.pem']],
    ['carl@sub.example.org', ['/below.pem']],
    ['bert@badexample.org', []],
    ['bert@example.org.example.net', []],
  ] as const) {
    it(`count for ${address}: ${files.join() || 'none'}`, () => {
      expect(partnerAuthoritiesFor({ partners }, address)).toEqual(files)
    })
  }
})
