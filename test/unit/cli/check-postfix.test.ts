import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { postfixProblem } from '../../../src/cli/check-postfix.ts'
import { readPostfixSample } from '../../../src/demonstration/postfix-sample.ts'

const sample = readPostfixSample(
  readFileSync(new URL('../../../postfix-sample.cf', import.meta.url), 'utf8'),
).parameters
const site = { tlsPolicy: '/run/postsiegel/tls-policy.sock', usesTls: true }

describe('a Postfix beside the gateway', () => {
  it('is as it should be with the sample', () => {
    expect(postfixProblem(sample, site)).toBeUndefined()
  })

  for (const [what, name, value] of [
    ['would turn user%other@ours into user@other', 'allow_percent_hack', 'yes'],
    ['would turn other!user@ours into user@other', 'swap_bangpath', 'yes'],
    ['would let mail pass without us', 'milter_default_action', 'accept'],
    ['would give several recipients one treatment', 'postsiegel_destination_recipient_limit', '50'],
    ['asks nobody about TLS', 'smtp_tls_policy_maps', ''],
    [
      'asks somebody else about TLS first',
      'smtp_tls_policy_maps',
      `hash:/etc/postfix/tls, ${site.tlsPolicy}`,
    ],
    ['hands mail for TLS partners to a relay', 'relayhost', '[smtp.provider.example]:587'],
  ] as const) {
    it(`is named when it ${what}`, () => {
      expect(postfixProblem(new Map([...sample, [name, value]]), site)).toContain(name)
    })
  }

  it('may have a relayhost where no policy protects by TLS', () => {
    const relayed = new Map([...sample, ['relayhost', '[smtp.provider.example]']])
    expect(postfixProblem(relayed, { ...site, usesTls: false })).toBeUndefined()
  })
})
