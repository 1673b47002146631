import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { keyHandlers } from '../../../../src/gateway/calls/key-handlers.ts'
import { findWays } from '../../../../src/keys/find-ways.ts'
import { offerKey } from '../../../../src/keys/offer-key.ts'
import type { LogEvent } from '../../../../src/log/events.ts'
import { makeCertificate } from '../../../support/make-certificate.ts'
import { openTestStorage } from '../../../support/open-test-storage.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { testCertificate, testKeyFile } from '../../../support/test-keys.ts'

const at = new Date('2028-01-01T12:00:00Z')
const bob = 'bob@partner.example'
const carol = 'carol@partner.example'
const anchors = [testCertificate('root-ca')]
const file = (name: string) => readFileSync(testKeyFile(name)).toString('base64')

/** The calls over a storage of their own, with the keys of some files imported. */
async function house(...files: readonly string[]) {
  const storage = await openTestStorage()
  const events: LogEvent[] = []
  const calls = keyHandlers({
    storage,
    anchors,
    settings: { postfix: { configDirectory: '/nonexistent', notices: '' } },
    leastTrustFor: () => 'discovered',
    now: () => at,
    log: (event) => events.push(event),
  })
  for (const name of files) await calls['key-import']({ file: file(name), password: 'test' })
  return { storage, calls, events, [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose]() }
}

describe('a key is named', () => {
  it('by its fingerprint, by the beginning of it, or by an address that has no other', async () => {
    await using at = await house('alice-rsa.p12', '../pgp/carol-rsa3072.pub.asc')
    const { fingerprint } = testCertificate('alice-rsa')
    for (const key of [fingerprint, fingerprint.toUpperCase().slice(0, 8), 'Alice@Kanzlei.example'])
      expect(await at.calls['key-show']({ key })).toMatchObject({ fingerprint, hasPrivateKey: true })
    expect(await at.calls['key-show']({ key: fingerprint })).toMatchObject({
      issuer: expect.stringContaining('CN='),
    })
    expect(await at.calls['key-show']({ key: carol })).toMatchObject({ kind: 'openpgp', subject: undefined })
    await expect(at.calls['key-show']({ key: '00000000' })).rejects.toThrow('There is no key')
  })

  it('by nothing that several have', async () => {
    await using at = await house('alice-rsa.p12', 'alice-ec.p12')
    await expect(at.calls['key-show']({ key: 'alice@kanzlei.example' })).rejects.toThrow(
      /several keys, name one/,
    )
  })
})

describe('an administrator', () => {
  it('pins, unpins and retires a key in use, and no other', async () => {
    await using at = await house('bob-rsa.cert.pem')
    const change = (act: 'pin' | 'unpin' | 'retire' | 'accept' | 'remove') =>
      at.calls['key-change']({ key: bob, act })
    expect((await change('pin')).key).toMatchObject({ pinned: true })
    expect((await change('unpin')).key).toMatchObject({ pinned: false })
    expect((await change('retire')).key).toMatchObject({ state: 'retired' })
    await expect(change('retire')).rejects.toThrow('is retired, not active')
    await expect(change('pin')).rejects.toThrow('is retired, not active')
    await expect(change('accept')).rejects.toThrow('There is no key')
    await change('remove')
    expect(await at.calls['key-list']({})).toEqual([])
    const acts = at.events.map((event) => event.event === 'key-changed' && event.act)
    expect(acts).toEqual(['import', 'pin', 'unpin', 'retire', 'remove'])
  })

  it('reviews what waits: accepted it is used, refused it is not offered again', async () => {
    await using at = await house('bob-selfsigned.cert.pem')
    const { keyStore } = at.storage
    await at.calls['key-change']({ key: bob, act: 'pin' })
    const offer = (name: string) =>
      offerKey(
        {
          ...{
            kind: 'smime',
            material: testCertificate(name).pem,
            source: 'signed mail',
            trust: 'harvested',
          },
          chain: [testCertificate('intermediate-ca').pem],
        },
        { keyStore, anchors, at: new Date('2028-01-01') },
      )
    for (const name of ['bob-rsa', 'bob-ec']) expect((await offer(name)).kind).toBe('pending')
    const pending = async () =>
      (await at.calls['key-list']({ state: 'pending' })).map(({ fingerprint }) => fingerprint)
    expect(await pending()).toHaveLength(2)
    await at.calls['key-change']({ key: testCertificate('bob-rsa').fingerprint, act: 'refuse' })
    const accepted = await at.calls['key-change']({ key: bob, act: 'accept' })
    expect(accepted.key).toMatchObject({
      fingerprint: testCertificate('bob-ec').fingerprint,
      state: 'active',
    })
    expect((await offer('bob-rsa')).kind).toBe('known')
    expect(await pending()).toEqual([])
  })

  it('brings in the certificate of a gateway that names no address, for the domain that he names', async () => {
    await using at = await house()
    using folder = temporaryFolder()
    const { certificate } = makeCertificate(folder.path, {
      name: 'gateway',
      extensions: ['keyUsage=critical,keyAgreement', 'subjectAltName=DNS:gateway.partner.example'],
    })
    const import_ = (more: { readonly domain?: string }) =>
      at.calls['key-import']({ file: Buffer.from(certificate.pem).toString('base64'), ...more })
    await expect(import_({})).rejects.toThrow(/names no e-mail address/)
    const { imported } = await import_({ domain: 'Partner.example' })
    expect(imported).toMatchObject([{ addresses: [], domains: ['partner.example'], trust: 'manual' }])
    const { keyStore, pdfPasswords } = at.storage
    const later = new Date(certificate.notBefore.getTime() + 60_000)
    const ways = await findWays({ keyStore, pdfPasswords, anchors }, 'anybody@partner.example', later)
    expect(ways.certificates).toMatchObject([{ isDomain: true }])
    const chain = at.calls['key-import']({ file: file('chain.pem'), domain: 'partner.example' })
    await expect(chain).rejects.toThrow(/names no e-mail address/)
  })

  it('lets a certificate serve a domain, and is told what is used and why', async () => {
    await using at = await house('bob-rsa.cert.pem', 'alice-rsa.p12', 'alice-expired.p12')
    await at.calls['key-domain']({ key: bob, domain: 'Partner.example' })
    const anybody = await at.calls['key-explain']({ address: 'anybody@partner.example' })
    expect(anybody.encrypt).toEqual([
      `smime ${testCertificate('bob-rsa').fingerprint.slice(0, 16)} usable: import, manual, for the domain`,
    ])
    await at.calls['key-domain']({ key: bob, domain: 'none' })
    const nobody = await at.calls['key-explain']({ address: 'anybody@partner.example' })
    expect(nobody.encrypt).toEqual([])
    const alice = await at.calls['key-explain']({ address: 'alice@kanzlei.example' })
    expect(alice.sign).toEqual([
      `smime ${testCertificate('alice-rsa').fingerprint.slice(0, 16)} signs`,
      expect.stringMatching(/ set aside: expired, its time ended 2022-01-01/),
    ])
    expect(await at.calls['key-explain']({ address: 'nobody@else.example' })).toEqual({
      encrypt: [],
      sign: [],
    })
  })
})

describe('an exported key', () => {
  it('is a certificate with its chain, which imports again', async () => {
    await using at = await house('alice-rsa.p12')
    const { text } = await at.calls['key-export']({ key: 'alice@kanzlei.example' })
    expect(text).not.toContain('PRIVATE')
    await using elsewhere = await house()
    await elsewhere.calls['key-import']({ file: Buffer.from(text).toString('base64') })
    const [known] = await elsewhere.storage.keyStore.list()
    expect(known).toMatchObject({
      fingerprint: testCertificate('alice-rsa').fingerprint,
      hasPrivateKey: false,
    })
    expect(known?.chain).toEqual([testCertificate('intermediate-ca').pem])
  })

  it('with its private half is a PKCS#12 file that only its password opens', async () => {
    await using at = await house('alice-rsa.p12')
    const password = 'Lampe Gurke Fenster'
    const { bytes, fileName } = await at.calls['key-export-private']({
      key: 'alice@kanzlei.example',
      password,
    })
    expect(fileName).toBe('alice@kanzlei.example.p12')
    const input = Buffer.from(bytes, 'base64')
    const opened = (pass: string) =>
      execFileSync('openssl', ['pkcs12', '-nodes', '-passin', `pass:${pass}`], { input, stdio: 'pipe' })
    expect(opened(password).toString()).toContain('BEGIN PRIVATE KEY')
    expect(() => opened('falsch')).toThrow()
    await using elsewhere = await house()
    await elsewhere.calls['key-import']({ file: bytes, password })
    expect(await elsewhere.storage.keyStore.ownKeys()).toHaveLength(1)
  })

  it('of OpenPGP is armored, and private only under its passphrase', async () => {
    await using at = await house('../pgp/dave-curve25519.sec.asc')
    const { text } = await at.calls['key-export']({ key: 'dave@partner.example' })
    expect(text).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----/)
    const password = 'Lampe Gurke Fenster'
    const { bytes } = await at.calls['key-export-private']({ key: 'dave@partner.example', password })
    await using elsewhere = await house()
    const again = elsewhere.calls['key-import']
    await expect(again({ file: bytes })).rejects.toThrow('protected by a passphrase')
    await expect(again({ file: bytes, password: 'falsch' })).rejects.toThrow('does not open the file')
    await again({ file: bytes, password })
    expect(await elsewhere.storage.keyStore.ownKeys()).toHaveLength(1)
  })

  it('has no private half that is not here', async () => {
    await using at = await house('bob-rsa.cert.pem')
    await expect(
      at.calls['key-export-private']({ key: bob, password: 'Lampe Gurke Fenster' }),
    ).rejects.toThrow('is not here')
  })
})

describe('an administrator who looks for the keys of an address', () => {
  it('is told what each source says now, whatever it said before', async () => {
    await using storage = await openTestStorage()
    const asked: unknown[] = []
    const said = { source: 'wkd', outcome: 'none', detail: 'it has none' } as const
    const calls = keyHandlers({
      storage,
      anchors,
      settings: { postfix: { configDirectory: '/nonexistent', notices: '' } },
      leastTrustFor: () => 'discovered',
      discover: async (address, _signal, options) => {
        asked.push(address, options)
        return { sources: [said], isRicher: false, isIncomplete: false }
      },
      now: () => at,
      log: () => {},
    })
    expect(await calls['key-discover']({ address: carol })).toEqual({ sources: [said], retried: [] })
    expect(asked).toEqual([carol, { anew: true }])
  })
})
