import { readFileSync } from 'node:fs'
import { readKey } from 'openpgp'
import { beforeAll, describe, expect, it } from 'vitest'
import { askedAddress } from '../../../../src/keys/discovery/asked-address.ts'
import { dnsKeys, nameHash } from '../../../../src/keys/discovery/dns-keys.ts'
import { openSecureLookup } from '../../../../src/keys/discovery/secure-lookup.ts'
import { type SecureNameServerOptions, startSecureNameServer } from '../../../support/secure-name-server.ts'
import { testCertificate } from '../../../support/test-keys.ts'

const forever = new AbortController().signal
const dave = readFileSync(new URL('../../../keys/pgp/dave-curve25519.pub.asc', import.meta.url), 'utf8')
const bob = testCertificate('bob-selfsigned')
const bobAddress = bob.addresses[0] ?? ''

let key: Uint8Array
beforeAll(async () => {
  key = (await readKey({ armoredKey: dave })).write()
})

const smimea = (usage: number, selector = 0, matching = 0, content: Uint8Array = bob.x509.raw) =>
  Buffer.concat([Buffer.from([usage, selector, matching]), content])
const openpgpName = (local: string) => `61 ${nameHash(local)}._openpgpkey.partner.example`
const smimeName = `53 ${nameHash(bobAddress.split('@')[0] ?? '')}._smimecert.${bobAddress.split('@')[1]}`

async function ask(address: string, options: SecureNameServerOptions, signal = forever) {
  await using dns = await startSecureNameServer(options)
  const asked = askedAddress(address)
  if (!asked) throw new Error('an odd address')
  const answer = await dnsKeys(openSecureLookup([dns.server], undefined)).ask(asked, signal)
  return { answer, asked: [...dns.asked] }
}

describe('The DNS', () => {
  it('has a local part under the name of the example in RFC 7929 3', () => {
    expect(nameHash('hugh')).toBe('c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6')
  })

  it('gives an OpenPGP key that DNSSEC proves', async () => {
    const { answer } = await ask('dave@partner.example', { records: { [openpgpName('dave')]: [key] } })
    expect(answer).toMatchObject({
      kind: 'found',
      keys: [{ kind: 'openpgp', source: 'dns', trust: 'discovered' }],
    })
  })

  it('is asked for the local part as it is written, then in lower case', async () => {
    const { answer, asked } = await ask('Dave@partner.example', { records: { [openpgpName('dave')]: [key] } })
    expect(answer.kind).toBe('found')
    expect(asked.filter((question) => question.includes('_openpgpkey'))).toEqual([
      `udp ${openpgpName('Dave')}`,
      `udp ${openpgpName('dave')}`,
    ])
  })

  it('follows an alias within one proven answer', async () => {
    const records = { [openpgpName('dave')]: ['keys.partner.example', key] }
    expect((await ask('dave@partner.example', { records })).answer.kind).toBe('found')
  })

  it('brings long answers over TCP', async () => {
    const { answer, asked } = await ask('dave@partner.example', {
      records: { [openpgpName('dave')]: [key] },
      isLong: true,
    })
    expect(answer.kind).toBe('found')
    expect(asked).toContain(`tcp ${openpgpName('dave')}`)
  })

  it('counts for nothing without proof', async () => {
    const { answer } = await ask('dave@partner.example', {
      records: { [openpgpName('dave')]: [key] },
      isProven: false,
    })
    expect(answer).toEqual({ kind: 'error', reason: 'the records are not proven by DNSSEC' })
  })

  it('gives a certificate that the domain itself names, without an authority', async () => {
    const { answer } = await ask(bobAddress, { records: { [smimeName]: [smimea(3)] } })
    expect(answer).toMatchObject({
      kind: 'found',
      keys: [{ kind: 'smime', material: bob.pem, source: 'dns', trust: 'discovered' }],
    })
  })

  it('gives a certificate of usage 1 that still needs its authority', async () => {
    const { answer } = await ask(bobAddress, { records: { [smimeName]: [smimea(1)] } })
    expect(answer).toMatchObject({ kind: 'found', keys: [{ source: 'dns with authority' }] })
  })

  for (const [what, record] of [
    ['an authority', smimea(2)],
    ['a bare key', smimea(3, 1)],
    ['a hash', smimea(3, 0, 1)],
    ['something broken', smimea(3, 0, 0, Buffer.from('none'))],
    ['nothing', Buffer.alloc(0)],
    ['a certificate of somebody else', smimea(3, 0, 0, testCertificate('alice-rsa').x509.raw)],
  ] as const) {
    it(`gives nothing where the record holds ${what}`, async () => {
      expect((await ask(bobAddress, { records: { [smimeName]: [record] } })).answer).toEqual({ kind: 'none' })
    })
  }

  it('has none where the names do not exist', async () => {
    expect((await ask('dave@partner.example', { records: {} })).answer).toEqual({ kind: 'none' })
  })

  it('has told nothing where it fails, refuses, or does not answer', async () => {
    for (const code of [2, 5]) {
      expect((await ask('dave@partner.example', { records: {}, code })).answer.kind).toBe('error')
    }
    const late = await ask(
      'dave@partner.example',
      { records: {}, lie: (answer) => ({ ...answer, id: ((answer.id ?? 0) + 1) & 0xffff }) },
      AbortSignal.timeout(200),
    )
    expect(late.answer).toEqual({ kind: 'error', reason: 'no DNS answer' })
  })

  it('is not believed about another question', async () => {
    const lie: SecureNameServerOptions['lie'] = (answer) => ({
      ...answer,
      questions: [{ type: 'A', class: 'IN', name: 'elsewhere.example' }],
    })
    const { answer } = await ask(
      'dave@partner.example',
      { records: { [openpgpName('dave')]: [key] }, lie },
      AbortSignal.timeout(200),
    )
    expect(answer.kind).toBe('error')
  })
})

describe('A DNS server', () => {
  it('elsewhere is not asked, because nobody knows who answers', async () => {
    expect(openSecureLookup(['192.0.2.1:53', '[2001:db8::1]:53'], undefined)).toBeUndefined()
    const asked = askedAddress('dave@partner.example')
    expect(asked && (await dnsKeys(undefined).ask(asked, forever))).toMatchObject({ kind: 'error' })
  })
  it('elsewhere is asked where the settings trust it', () => {
    expect(openSecureLookup(['192.0.2.1:53'], '192.0.2.1:53')).toBeDefined()
  })
  it('that cannot be reached has told nothing', async () => {
    for (const server of ['127.0.0.1:1', '[100::1]:53', '255.255.255.255:53']) {
      const lookup = openSecureLookup(undefined, server)
      expect(await lookup?.('x.example', 61, AbortSignal.timeout(300))).toEqual({
        kind: 'failed',
        reason: 'no-answer',
      })
    }
  })
  for (const server of ['127.0.0.1:53', '127.0.0.53', '[::1]:53', '::1']) {
    it(`at ${server} is on this machine`, () => {
      expect(openSecureLookup(['192.0.2.1:53', server], undefined)).toBeDefined()
    })
  }
})
