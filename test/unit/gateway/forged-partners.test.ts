import { describe, expect, it } from 'vitest'
import { judgeInbound } from '../../../src/gateway/judge-inbound.ts'
import { authenticate } from '../../../src/inspection/authenticate.ts'
import { type HistoryFacts, unaskedFacts } from '../../../src/message/facts.ts'
import type { ReceivedMessage } from '../../../src/message/received-message.ts'
import { builtInPolicies } from '../../../src/policy/find-policy.ts'
import { inboundFacts, stranger } from '../../support/inbound-facts.ts'
import { type ReceivedChange, receivedMessage } from '../../support/received-message.ts'
import { keyZone, signed } from '../../support/signed-mail.ts'
import { type Zone, zoneLookup } from '../../support/zone-lookup.ts'

const never = new AbortController().signal
const organization = { name: 'Kanzlei Muster', telephone: '+49 30 5550100' }
const partner = { ...stranger, pair: 20, address: 20, domain: 40 }
const known = (seen: Partial<HistoryFacts['seen']>): HistoryFacts => ({
  ...unaskedFacts.history,
  seen: { ...unaskedFacts.history.seen, ...seen },
})

/** Everything that a forger can have in order for a domain of his own. */
const evil: Zone = {
  ...keyZone('evil.example'),
  'evil.example': { TXT: [['v=spf1 ip4:203.0.113.66 -all']] },
  '_dmarc.evil.example': { TXT: [['v=DMARC1; p=reject']] },
}
const fromEvil: ReceivedChange = {
  sender: 'eve@evil.example',
  client: { address: '203.0.113.66', hostName: 'mail.evil.example', helo: 'mail.evil.example' },
}

/** How partners prove themselves, and what we remember of it. */
const partners: Record<string, { readonly zone: Zone; readonly history: HistoryFacts }> = {
  'with DMARC': {
    zone: { '_dmarc.partner.example': { TXT: [['v=DMARC1; p=none']] }, ...keyZone('partner.example') },
    history: known({ signed: true }),
  },
  'that only signs': { zone: keyZone('partner.example'), history: known({ signed: true }) },
  'with SPF only': {
    zone: { 'partner.example': { TXT: [['v=spf1 ip4:192.0.2.1 -all']] } },
    history: known({ spf: true }),
  },
  'that proves nothing, from a known network': { zone: {}, history: known({ origin: true }) },
}

async function judged(message: ReceivedMessage, zone: Zone, history: HistoryFacts) {
  const authentication = await authenticate(message, zoneLookup({ ...evil, ...zone }), never)
  // The memory is asked about whom we take for the author.
  const isPartner = authentication.author?.domain === 'partner.example'
  const facts = inboundFacts(
    authentication,
    isPartner ? { history, relations: [partner] } : { relations: [stranger] },
  )
  const { outcome, trust } = judgeInbound(message, facts, builtInPolicies, { organization, cameBack: false })
  return { outcome, trust, author: authentication.author, authentication }
}

const wide = (text: string) => text.replace('@', '＠')
const forgeries: Record<string, string> = {
  'his address': 'From: Ann <ann@partner.example>',
  'his address in capitals': 'From: ANN@PARTNER.EXAMPLE',
  'his address with the dot of the root': 'From: ann@partner.example.',
  'his address with a comment': 'From: (x) ann (y) @ (z) partner.example (Ann)',
  'his address, folded': 'From: Ann\r\n\t<ann@partner.example>',
  'his address behind a bare comma': 'From: Doe, Ann <ann@partner.example>',
  'two From fields, his first': 'From: ann@partner.example\r\nFrom: eve@evil.example',
  'two From fields, his last': 'From: eve@evil.example\r\nFrom: ann@partner.example',
  'a From field with a blank before its colon': 'From : ann@partner.example\r\nFrom: eve@evil.example',
  'two authors': 'From: ann@partner.example, eve@evil.example',
  'two authors, his last': 'From: eve@evil.example, ann@partner.example',
  'a group of two': 'From: Team: ann@partner.example, eve@evil.example;',
  'a group of one': 'From: Team: ann@partner.example;',
  'his address as a comment': 'From: eve@evil.example (ann@partner.example)',
  'his address as a name': 'From: "ann@partner.example" <eve@evil.example>',
  'his address as a name without quotes': 'From: ann@partner.example <eve@evil.example>',
  'his address as an encoded name': 'From: =?utf-8?B?YW5uQHBhcnRuZXIuZXhhbXBsZQ==?= <eve@evil.example>',
  'an encoded address': 'From: =?utf-8?Q?ann=40partner.example?=',
  'an encoded address in brackets': 'From: Ann <=?utf-8?Q?ann?=@partner.example>',
  'two addresses in brackets': 'From: <ann@partner.example> <eve@evil.example>',
  'brackets in brackets': 'From: <<ann@partner.example>@evil.example>',
  'two at signs': 'From: ann@partner.example@evil.example',
  'two at signs, his last': 'From: eve@evil.example@partner.example',
  'a quoted at sign': 'From: "ann@partner.example"@evil.example',
  'a percent route': 'From: ann%partner.example@evil.example',
  'a source route': 'From: <@evil.example:ann@partner.example>',
  'a NUL behind the domain': 'From: ann@partner.example\0.evil.example',
  'a NUL before his name': 'From: \0ann@partner.example',
  'a NUL in the field name': 'Fr\0om: ann@partner.example\r\nFrom: eve@evil.example',
  'a line feed of its own': 'From: eve@evil.example\n ann@partner.example',
  'a carriage return of its own': 'From: eve@evil.example\rFrom: ann@partner.example',
  'a tab in the domain': 'From: ann@partner\t.example',
  'a no-break space': 'From: ann@partner.example\u00a0<eve@evil.example>',
  'a zero-width space in the domain': 'From: ann@part\u200bner.example',
  'a soft hyphen in the domain': 'From: ann@part\u00adner.example',
  'a wide at sign': wide('From: ann@partner.example'),
  'wide letters': 'From: ann@ｐａｒｔｎｅｒ.example',
  'a Cyrillic a': 'From: ann@p\u0430rtner.example',
  'an ideographic dot': 'From: ann@partner\u3002example',
  'an overlong byte sequence': 'From: ann@partner.example\xc0\xae',
  'an address literal': 'From: ann@[192.0.2.1]',
  'a long local part': `From: ${'a'.repeat(70_000)}@partner.example`,
  'comments in comments': `From: ${'('.repeat(30_000)}ann@partner.example`,
  'ten thousand commas': `From: ${'x,'.repeat(10_000)} <ann@partner.example>`,
  'no From at all': 'X-From: ann@partner.example',
}

for (const [what, { zone, history }] of Object.entries(partners)) {
  describe(`of a partner ${what}, a forger with a domain of his own`, () => {
    for (const [trick, from] of Object.entries(forgeries)) {
      it(`earns nothing by ${trick}`, async () => {
        const text = `${from}\r\nTo: bob@kanzlei.example\r\nSubject: Neue IBAN\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\n\r\nBitte.\r\n`
        const message = receivedMessage(Buffer.from(await signed(text, 'evil.example')), fromEvil)
        const { outcome, trust, author } = await judged(message, zone, history)
        expect(trust.earned).toBe(0)
        // What is read as his domain is refused; what is read as another one stands there as that other one.
        if (!author || author.domain === 'partner.example') expect(outcome.kind).toBe('reject')
      })
    }
  })
}

describe('a mail that a partner once signed', () => {
  const { zone, history } = partners['that only signs'] ?? { zone: {}, history: known({}) }
  const letter = `From: Ann <ann@partner.example>\r\nTo: bob@kanzlei.example\r\nSubject: Rechnung\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\n\r\nDanke.\r\n`

  it('is his, whoever passes it on', async () => {
    const message = receivedMessage(await signed(letter, 'partner.example'), fromEvil)
    const { outcome, trust } = await judged(message, zone, history)
    expect(outcome.kind).toBe('deliver')
    expect(trust.earned).toBeGreaterThan(40)
  })

  for (const [what, change] of [
    ['a second subject', (text: string) => text.replace('From: Ann', 'Subject: Neue IBAN\r\nFrom: Ann')],
    ['another subject', (text: string) => text.replace('Rechnung', 'Mahnung')],
    ['another text', (text: string) => text.replace('Danke', 'Bitte')],
    ['a second From', (text: string) => `From: eve@evil.example\r\n${text}`],
    ['a second From below', (text: string) => text.replace('\r\n\r\n', '\r\nFrom: eve@evil.example\r\n\r\n')],
    [
      'its signature cut short by l=',
      (text: string) => text.replace('DKIM-Signature: v=1;', 'DKIM-Signature: v=1; l=0;'),
    ],
    ['the signature of another mail', (text: string) => text.replace(/bh=[^;]+/, 'bh=eA==')],
  ] as const) {
    it(`is refused with ${what}`, async () => {
      const message = receivedMessage(change(await signed(letter, 'partner.example')), fromEvil)
      const { outcome, trust } = await judged(message, zone, history)
      expect(outcome.kind).toBe('reject')
      expect(trust.earned).toBe(0)
    })
  }

  it('is found among three hundred signatures', async () => {
    const mail = await signed(letter, 'partner.example')
    const field = mail.slice(0, mail.indexOf('From:'))
    const noise = Array.from({ length: 300 }, (_, n) =>
      field.replace(/ s=s;/, ` s=s${n};`).replace('d=partner.example', `d=d${n}.example`),
    )
    const { outcome, authentication } = await judged(
      receivedMessage(noise.join('') + mail, fromEvil),
      zone,
      history,
    )
    expect(outcome.kind).toBe('deliver')
    expect(authentication.dkim).toHaveLength(10)
  })
})
