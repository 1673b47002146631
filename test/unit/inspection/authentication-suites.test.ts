import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { authenticate } from '../../../src/inspection/authenticate.ts'
import type { DnsAnswers } from '../../../src/inspection/resolver.ts'
import { receivedMessage } from '../../support/received-message.ts'
import { zoneLookup } from '../../support/zone-lookup.ts'

const suites = resolve(import.meta.dirname, '../../../../shared/testdata/auth-suites')
const suite = existsSync(suites)
  ? describe
  : (title: string, run: () => void) => describe.skip(`${title} (no auth-suites beside the repository)`, run)
const read = (file: string) => readFileSync(join(suites, file))
const never = new AbortController().signal

type MutableZone = Record<string, Record<string, DnsAnswers | string>>

suite('SPF as the OpenSPF suite for RFC 7208 wants it', () => {
  interface Scenario {
    readonly tests: Record<
      string,
      { helo: string; host: string; mailfrom: string; result: string | string[] }
    >
    readonly zonedata: Record<string, (string | Record<string, unknown>)[]>
  }
  const scenarios = existsSync(suites)
    ? parseAllDocuments(read('spf/rfc7208-tests.yml').toString()).map(
        (document) => document.toJS() as Scenario | null,
      )
    : []
  for (const scenario of scenarios) {
    if (!scenario) continue
    const lookup = zoneLookup(spfZone(scenario.zonedata))
    for (const [name, { helo, host, mailfrom, result }] of Object.entries(scenario.tests)) {
      it(`${name}: ${String(result)}`, async () => {
        const message = receivedMessage('From: a@nowhere.invalid\n\nx\n', {
          sender: mailfrom,
          client: { address: host, helo },
        })
        expect([result].flat()).toContain((await authenticate(message, lookup, never)).spf.result)
      })
    }
  }
})

/** SPF(99) records stand for TXT where a name has no TXT of its own; TIMEOUT is for every type not named. */
function spfZone(data: Record<string, (string | Record<string, unknown>)[]>): MutableZone {
  const zone: MutableZone = {}
  for (const [name, records] of Object.entries(data)) {
    const entry: Record<string, DnsAnswers | string> = {}
    const hasTxt = records.some((record) => typeof record === 'object' && 'TXT' in record)
    for (const record of records) {
      if (typeof record === 'string') {
        for (const type of ['TXT', 'A', 'AAAA', 'MX', 'PTR', 'CNAME']) entry[type] ??= 'ETIMEOUT'
        continue
      }
      const [type = '', value] = Object.entries(record)[0] ?? []
      const as = type === 'SPF' && !hasTxt ? 'TXT' : type
      if (value === 'NONE' || as === 'SPF') continue
      if (value === 'TIMEOUT') entry[as] = 'ETIMEOUT'
      else if (typeof entry[as] !== 'string') {
        entry[as] = [...((entry[as] as DnsAnswers | undefined) ?? []), answer(as, value)]
      }
    }
    zone[name.toLowerCase()] = entry
  }
  return zone
}

function answer(type: string, value: unknown): unknown {
  if (type === 'TXT') return [value].flat()
  if (type === 'MX' && Array.isArray(value)) return { priority: value[0], exchange: value[1] }
  return value
}

suite('DKIM', () => {
  interface Cases {
    readonly zone: Record<string, string>
    readonly cases: {
      file: string
      expect: 'pass' | 'notpass' | 'any'
      aligned?: boolean | null
      why: string
    }[]
  }
  for (const file of ['dkim/generated.json', 'dkim/vectors.json']) {
    const { zone, cases } = existsSync(suites)
      ? (JSON.parse(read(file).toString()) as Cases)
      : { zone: {}, cases: [] }
    const lookup = zoneLookup(
      Object.fromEntries(Object.entries(zone).map(([name, text]) => [name.toLowerCase(), { TXT: [[text]] }])),
    )
    for (const { file: mail, expect: expected, aligned, why } of cases) {
      it(`${mail}: ${expected} (${why})`, async () => {
        const found = await authenticate(receivedMessage(read(join('dkim', mail))), lookup, never)
        const passed = found.dkim.some(
          ({ result, bodyLengthLimited }) => result === 'pass' && !bodyLengthLimited,
        )
        if (expected !== 'any') expect(passed).toBe(expected === 'pass')
        const grants = found.dkim.some(
          (one) => one.result === 'pass' && one.aligned && !one.bodyLengthLimited,
        )
        if (typeof aligned === 'boolean') expect(grants).toBe(aligned)
      })
    }
  }
})

suite('ARC chains as the ValiMail suite wants them', () => {
  interface Scenario {
    readonly tests: Record<string, { message: string; cv: string | null }>
    readonly 'txt-records': Record<string, string>
  }
  it('are judged right in all but two of 171 cases', async () => {
    const wrong: string[] = []
    let total = 0
    for (const document of parseAllDocuments(read('arc/arc-draft-validation-tests.yml').toString())) {
      const scenario = document.toJS() as Scenario | null
      if (!scenario) continue
      const zone = Object.fromEntries(
        Object.entries(scenario['txt-records'] ?? {}).map(([name, text]) => [
          name.toLowerCase(),
          { TXT: [[text]] },
        ]),
      )
      for (const [name, { message, cv }] of Object.entries(scenario.tests)) {
        total++
        const expected = cv === 'None' || cv === null ? 'none' : cv === '' ? 'fail' : cv.toLowerCase()
        const { arc } = await authenticate(receivedMessage(message), zoneLookup(zone), never)
        if (arc !== expected) wrong.push(`${name}: ${arc} instead of ${expected}`)
      }
    }
    expect(total).toBe(171)
    // mailauth: an ARC-Message-Signature with an empty h=, and one without c=.
    expect(wrong.length, wrong.join('\n')).toBeLessThanOrEqual(2)
  })
})

suite('DMARC', () => {
  interface Case {
    readonly name: string
    readonly case: string
    readonly message: string
    readonly ip: string
    readonly from: string
    readonly symbols: string[]
  }
  const expectedOf: Record<string, readonly [string, string | undefined]> = {
    DMARC_POLICY_ALLOW: ['pass', undefined],
    DMARC_POLICY_REJECT: ['fail', 'reject'],
    DMARC_POLICY_QUARANTINE: ['fail', 'quarantine'],
    DMARC_POLICY_SOFTFAIL: ['fail', 'none'],
    DMARC_NA: ['none', undefined],
    DMARC_DNSFAIL: ['temperror', undefined],
  }
  // RFC 7489 (public suffix list, pct=) against RFC 9989 (tree walk, no pct=): see the suite's notice.
  const otherRules = [
    'SUBDOMAIN PASS DKIM RELAXED ALIGNMENT',
    'SUBDOMAIN PASS SPF RELAXED ALIGNMENT',
    'PCT ZERO REJECT',
    'PCT ZERO SP QUARANTINE',
  ]
  const cases = existsSync(suites) ? (JSON.parse(read('dmarc-rspamd/tests.json').toString()) as Case[]) : []
  const lookup = existsSync(suites) ? zoneLookup(rspamdZone()) : zoneLookup({})
  for (const { name, case: group, message, ip, from, symbols } of cases) {
    if (!group.includes('dmarc') || otherRules.some((rule) => name.endsWith(rule))) continue
    it(`${name}: ${symbols.join()}`, async () => {
      const sender = from.includes('@') ? from : ''
      const bytes = Buffer.from(
        read(join('dmarc-rspamd', message)).toString('latin1').replace(/\r?\n/g, '\r\n'),
        'latin1',
      )
      const mail = receivedMessage(bytes, { sender, client: { address: ip, helo: 'unknown' } })
      const { dmarc } = await authenticate(mail, lookup, never)
      const [result, policy] = expectedOf[symbols[0] ?? ''] ?? []
      expect(dmarc.result).toBe(result)
      if (policy) expect(dmarc.policy).toBe(policy)
    })
  }
})

function rspamdZone(): MutableZone {
  const data = JSON.parse(read('dmarc-rspamd/zone.json').toString()) as Record<
    string,
    Record<string, string[] | { rcode: string }>
  >
  const zone: MutableZone = {}
  for (const [name, types] of Object.entries(data)) {
    const entry: Record<string, DnsAnswers | string> = {}
    for (const [type, value] of Object.entries(types)) {
      if (!Array.isArray(value)) {
        entry[type] =
          { nxdomain: 'ENOTFOUND', norec: 'ENODATA', timeout: 'ETIMEOUT' }[value.rcode] ?? 'ESERVFAIL'
      } else {
        entry[type] = value.map((text) => answerText(type, text))
      }
    }
    zone[name.toLowerCase()] = entry
  }
  return zone
}

function answerText(type: string, text: string): unknown {
  if (type === 'TXT') return [text]
  const [priority, exchange] = text.split(' ')
  return type === 'MX' ? { priority: Number(priority), exchange } : text
}
