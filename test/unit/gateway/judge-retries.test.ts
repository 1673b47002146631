import { describe, expect, it } from 'vitest'
import { judgeRetries } from '../../../src/gateway/judge-retries.ts'
import type { InboundFacts } from '../../../src/message/facts.ts'
import { builtInPolicies } from '../../../src/policy/find-policy.ts'
import { inboundFacts, signatureOf, stranger } from '../../support/inbound-facts.ts'
import { type ReceivedChange, receivedMessage } from '../../support/received-message.ts'

const noon = Date.UTC(2026, 10, 21, 12)
const [minute, day] = [60_000, 86_400_000]
const facts = (...given: Parameters<typeof inboundFacts>): InboundFacts => ({
  ...inboundFacts(...given),
  relations: [stranger],
})
/** -20 for the server, -6 for who proves nothing: in the middle zone, and refused also when he came back. */
const nameless = { client: { reverse: 'none', looksDialUp: true, heloIsName: true } } as const
const hopeless = facts({}, nameless)
const letter = 'From: ann@partner.example\nSubject: x\n\nHallo\n'

/** A memory of tries, and a mail that comes at the given times. */
function sender(judged: InboundFacts) {
  const marks = new Map<string, Date>()
  const effects = {
    first: async (key: string, at: Date) => !marks.has(key) && marks.set(key, at).has(key),
    at: async (key: string) => marks.get(key),
  }
  const organization = { name: 'Kanzlei Muster', telephone: '+49 30 5550100' }
  return {
    marks,
    async at(time: number, change: ReceivedChange = {}, changed: Partial<InboundFacts> = {}, text = letter) {
      const message = receivedMessage(text, { ...change, receivedAt: new Date(noon + time) })
      const { outcome } = await judgeRetries(message, { ...judged, ...changed }, builtInPolicies, {
        organization,
        effects,
      })
      return outcome.kind === 'deliver' ? 'deliver' : `${outcome.kind} ${outcome.why}`
    },
  }
}

const asked = 'defer comeAgain'
// -6 for nothing, -12 and -12 for the name, at most -20: -26 in the middle zone; +12 when he came back: -14, refused.
const bySpf = {
  ...facts({ spf: { result: 'softfail', domain: 'partner.example', aligned: true } }, nameless),
}

describe('a sender in the middle zone', () => {
  const middle = facts(
    { spf: { result: 'pass', domain: 'partner.example', aligned: true, reach: 'own' } },
    { client: { reverse: 'none', looksDialUp: false, heloIsName: true } },
  )

  it('is asked to come again, is asked again while he is too early, and is taken when he did as he was told', async () => {
    const { at } = sender(middle)
    expect(await at(0)).toBe(asked)
    expect(await at(minute)).toBe(asked)
    expect(await at(5 * minute - 1)).toBe(asked)
    expect(await at(5 * minute)).toBe('deliver')
  })

  it('who comes back is not asked again for two months, whatever he writes to whom', async () => {
    const { at } = sender(middle)
    await at(0)
    await at(10 * minute)
    const other = { recipients: ['eva@kanzlei.example'] }
    expect(await at(30 * day, other, {}, 'From: ann@partner.example\n\nNeu\n')).toBe('deliver')
    expect(await at(75 * day, other, {}, 'From: ann@partner.example\n\nNeuer\n')).toBe(asked)
  })

  it('is refused for good when he came back and it does not suffice', async () => {
    for (const judged of [hopeless, bySpf]) {
      const { at } = sender(judged)
      expect(await at(0)).toBe(asked)
      expect(await at(10 * minute)).toBe('reject server')
    }
  })

  it('must be the same by network, envelope sender and recipient', async () => {
    const { at } = sender(middle)
    const other = { spf: { result: 'none', domain: undefined, aligned: false } } as const
    const unproven = facts(other, nameless)
    await at(0, {}, unproven)
    expect(await at(10 * minute, { sender: 'eve@partner.example' }, unproven)).toBe(asked)
    expect(await at(10 * minute, { recipients: ['eva@kanzlei.example'] }, unproven)).toBe(asked)
    expect(await at(10 * minute, { client: { address: '198.51.100.7' } }, unproven)).toBe(asked)
    expect(await at(10 * minute, { client: { address: '192.0.2.77' } }, unproven)).toBe('reject server')
  })

  it('may come back from another network that his domain permits', async () => {
    const { at } = sender(middle)
    expect(await at(0)).toBe(asked)
    expect(await at(10 * minute, { client: { address: '198.51.100.7' } })).toBe('deliver')
  })

  it('who comes after days is asked once more, and taken then whenever he comes', async () => {
    const { at } = sender(middle)
    expect(await at(0)).toBe(asked)
    expect(await at(3 * day)).toBe(asked)
    expect(await at(6 * day)).toBe('deliver')
  })

  it('who signs is never asked to wait', async () => {
    const signed = facts(
      { dkim: [signatureOf('pass')] },
      { lists: { hits: [weak('a'), weak('b')], failed: [] } },
    )
    expect(await sender(signed).at(0)).toBe('deliver')
  })

  it('whom we know is never asked to wait', async () => {
    const known = {
      ...middle,
      lists: { hits: [weak('a'), weak('b')], failed: [] },
      relations: [{ ...stranger, domain: 1 }],
    }
    // 10 for the domain, -12 for the name, -24 for the lists: -26, and 12 as if he had come back.
    expect(await sender(known).at(0)).toBe('reject listed')
    expect(await sender({ ...known, relations: [{ ...stranger, pair: 0.8 }] }).at(0)).toBe('deliver')
  })
})

const weak = (list: string) => ({ list, subject: 'ip', weight: 'weak', value: '127.0.0.2' }) as const

describe('a mail for which the DNS owes answers', () => {
  const owed = facts({ dmarc: { result: 'temperror', policy: undefined } })

  it('is deferred three times, then judged by what is known', async () => {
    const { at } = sender(owed)
    for (const time of [0, 1, 2]) expect(await at(time * 10 * minute)).toBe('defer dnsUnknown')
    expect(await at(60 * minute)).toBe('deliver')
  })

  it('is counted by itself, and no longer once there are answers', async () => {
    const { at } = sender(owed)
    for (const time of [0, 1, 2]) await at(time)
    expect(await at(3, {}, {}, 'From: ann@partner.example\n\nAnders\n')).toBe('defer dnsUnknown')
    const answered = facts({ dmarc: { result: 'fail', policy: 'reject' } })
    expect(await at(4, {}, answered)).toBe('reject dmarc')
  })

  it('is never refused for want of them, however bad the rest is', async () => {
    const bad = { ...owed, content: { kind: 'scored', scorer: 'x', score: 9, phishing: false } } as const
    const { at } = sender({ ...bad, history: { ...bad.history, healing: true } })
    for (const time of [0, 1, 2, 3, 4, 5]) expect(await at(time * day)).toMatch(/^(defer|deliver)/)
  })
})

it('nothing is remembered of a mail that is taken or refused at once', async () => {
  const { at, marks } = sender(facts())
  expect(await at(0)).toBe('deliver')
  expect(await at(0, {}, { scan: { kind: 'infected', name: 'x', signatures: 'x' } })).toBe('reject malware')
  expect(marks.size).toBe(0)
})
