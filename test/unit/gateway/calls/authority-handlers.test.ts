import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { authorityHandlers } from '../../../../src/gateway/calls/authority-handlers.ts'
import { keyHandlers } from '../../../../src/gateway/calls/key-handlers.ts'
import { findOpenPgpSigner } from '../../../../src/keys/find-openpgp-keys.ts'
import { findSigner } from '../../../../src/keys/find-signer.ts'
import { findWays } from '../../../../src/keys/find-ways.ts'
import { readOpenPgpKey, readOpenPgpKeys } from '../../../../src/keys/openpgp/openpgp-key.ts'
import { publishedOpenPgpKeys } from '../../../../src/keys/openpgp/published-openpgp-keys.ts'
import { addOwnAnchors, revokedByUs } from '../../../../src/keys/own-authority/own-anchors.ts'
import { createAuthority } from '../../../../src/keys/own-authority/own-authority.ts'
import { openRevocation } from '../../../../src/keys/revocation/open-revocation.ts'
import { type Certificate, readCertificate } from '../../../../src/keys/x509/certificate.ts'
import { openTestStorage } from '../../../support/open-test-storage.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { testCertificate, testKeyFile } from '../../../support/test-keys.ts'

const at = new Date()
const ann = 'ann@kanzlei.example'

/** The calls over a storage of their own, with anchors that our authorities join. */
async function house() {
  const storage = await openTestStorage()
  const anchors: Certificate[] = [testCertificate('root-ca')]
  const log = () => {}
  const calls = {
    ...authorityHandlers({
      storage,
      settings: { organization: { domains: ['kanzlei.example'] } },
      trustOwnAuthorities: () => addOwnAnchors(anchors, storage.ownAuthorities),
      now: () => at,
      log,
    }),
    ...keyHandlers({
      storage,
      anchors,
      settings: { postfix: { configDirectory: '/nonexistent', notices: '' } },
      leastTrustFor: () => 'discovered',
      now: () => at,
      log,
    }),
  }
  const checkRevocation = openRevocation({
    mode: 'required',
    lookup: async () => [],
    privateHosts: [],
    listsAtHand: async () => [],
    knownHere: revokedByUs(storage.ownAuthorities),
    closing: new AbortController().signal,
  })
  const sources = { ...storage, anchors, checkRevocation }
  return { storage, anchors, calls, sources, [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose]() }
}

describe('our own authority', () => {
  it('is trusted as soon as it is made, and what it issues signs and encrypts until it is revoked', async () => {
    await using at1 = await house()
    const { calls, sources, anchors, storage } = at1
    await expect(calls['ca-issue']({ address: ann })).rejects.toThrow(/no authority of our own/)
    const authority = await calls['ca-create']({ name: 'Kanzlei internal' })
    expect(anchors).toHaveLength(2)
    expect(await calls['ca-show']({})).toEqual(authority)
    const issued = await calls['ca-issue']({ address: 'Ann@Kanzlei.example', name: 'Ann' })
    expect(issued.address).toBe(ann)
    expect((await findSigner(sources, ann, at)).signer?.certificate.fingerprint).toBe(issued.fingerprint)
    // Nobody is asked, although an answer is required.
    const { reasons } = await findWays(sources, ann, at)
    expect(reasons).toEqual([expect.stringMatching(/own authority, manual, revocation good \(issued here/)])

    await calls['ca-revoke']({ fingerprint: issued.fingerprint })
    await expect(calls['ca-revoke']({ fingerprint: issued.fingerprint })).rejects.toThrow(/revoked already/)
    expect((await findWays(sources, ann, at)).certificates).toEqual([])
    expect(await storage.keyStore.privateKeyOf(issued.fingerprint)).toContain('PRIVATE KEY')
    const path = [readCertificate((await storage.keyStore.byFingerprint(issued.fingerprint))?.material ?? '')]
    path.push(readCertificate(authority.certificate))
    expect(await sources.checkRevocation(path, at, new AbortController().signal)).toMatchObject({
      kind: 'revoked',
      isBlocking: true,
    })
    expect((await calls['ca-crl']({})).list).toContain('BEGIN X509 CRL')
    expect(await calls['ca-list']({})).toMatchObject([{ address: ann, revokedAt: at }])
  })

  it('issues for our own domains only', async () => {
    await using at1 = await house()
    await at1.calls['ca-create']({ name: 'Kanzlei internal' })
    for (const address of ['bob@partner.example', 'ann@sub.kanzlei.example', 'a b@kanzlei.example'])
      await expect(at1.calls['ca-issue']({ address })).rejects.toThrow(/not at one of our domains/)
  })

  it('vouches for nothing that it did not issue itself', async () => {
    await using at1 = await house()
    const { calls, sources } = at1
    const authority = await calls['ca-create']({ name: 'Kanzlei internal' })
    const status = await sources.checkRevocation(
      [testCertificate('alice-rsa'), readCertificate(authority.certificate)],
      at,
      new AbortController().signal,
    )
    expect(status).toMatchObject({ kind: 'unknown', detail: 'our own authority has no record of it' })
  })
})

describe('an OpenPGP key of one of us', () => {
  it('is made for our addresses only, and signs and is published from then on', async () => {
    await using at1 = await house()
    const { calls, storage } = at1
    const refused = calls['key-generate']({ address: 'eve@other.example' })
    await expect(refused).rejects.toThrow(/not at one of our domains/)
    const made = await calls['key-generate']({ address: 'Ann@kanzlei.example', name: 'Ann Lee' })
    expect(made).toMatchObject({ addresses: [ann], hasPrivateKey: true, source: 'generated' })
    expect((await findOpenPgpSigner(storage.keyStore, ann, at))?.fingerprint).toBe(made.fingerprint)
    expect(await publishedOpenPgpKeys(storage.keyStore, ['kanzlei.example'], at)).toHaveLength(1)
  })

  it('is revoked for everybody: it signs nothing more, opens old mail, and is published behind the new one', async () => {
    await using at1 = await house()
    const { calls, storage } = at1
    const { fingerprint } = await calls['key-generate']({ address: ann })
    const revoked = await calls['key-revoke']({ key: fingerprint, reason: 'superseded' })
    expect(revoked).toMatchObject({ state: 'retired', hasPrivateKey: true })
    expect(await findOpenPgpSigner(storage.keyStore, ann, at)).toBeUndefined()
    const stored = await storage.keyStore.byFingerprint(fingerprint)
    expect(await (await readOpenPgpKey(stored?.material ?? '')).problemFor('encrypt', at)).toBe('revoked')
    expect((await storage.keyStore.privateKeyOf(fingerprint))?.length).toBeGreaterThan(100)
    const newer = await calls['key-generate']({ address: ann })
    const [entry, ...more] = await publishedOpenPgpKeys(storage.keyStore, ['kanzlei.example'], at)
    expect(more).toEqual([])
    const published = await readOpenPgpKeys(entry?.key ?? new Uint8Array(), at)
    expect(published.map((key) => key.fingerprint)).toEqual([newer.fingerprint, fingerprint])
  })

  it('is revoked only where its private half is here, and certificates by their authority', async () => {
    await using at1 = await house()
    const { calls } = at1
    const files = ['../pgp/carol-rsa3072.pub.asc', 'bob-rsa.cert.pem'].map((name) =>
      readFileSync(testKeyFile(name)).toString('base64'),
    )
    for (const file of files) await calls['key-import']({ file })
    for (const [key, why] of [
      ['carol@partner.example', /only its owner/],
      ['bob@partner.example', /by its authority/],
    ] as const)
      await expect(calls['key-revoke']({ key, reason: 'retired' })).rejects.toThrow(why)
  })
})

describe('a request to a public authority', () => {
  it('can be withdrawn with the key that waits', async () => {
    await using at1 = await house()
    const { calls } = at1
    await calls['key-request']({ address: ann, name: 'Ann' })
    await expect(calls['key-request-withdraw']({ address: 'ben@kanzlei.example' })).rejects.toThrow(
      /No request of ben/,
    )
    expect(await calls['key-request-withdraw']({ address: 'ANN@kanzlei.example' })).toEqual({ withdrawn: 1 })
    expect(await calls['key-request-list']({})).toEqual([])
  })

  it('waits with its key until the certificate is imported, which then signs', async () => {
    await using at1 = await house()
    using folder = temporaryFolder()
    const { calls, sources } = at1
    const { request } = await calls['key-request']({ address: ann, name: 'Ann' })
    expect(await calls['key-request-list']({})).toMatchObject([{ address: ann }])
    const { authority, privateKey } = await createAuthority('Public', at)
    const file = (name: string, content: string) => {
      writeFileSync(join(folder.path, name), content)
      return join(folder.path, name)
    }
    const answer = execFileSync(
      'openssl',
      [
        ...['x509', '-req', '-in', file('csr', request), '-copy_extensions', 'copyall', '-days', '30'],
        ...['-CA', file('ca', authority.certificate), '-CAkey', file('key', privateKey)],
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    )
    const { imported } = await calls['key-import']({ file: answer.toString('base64') })
    expect(imported).toMatchObject([{ addresses: [ann], hasPrivateKey: true }])
    expect(await calls['key-request-list']({})).toEqual([])
    const later = new Date(at.getTime() + 60_000)
    const { signer } = await findSigner({ keyStore: sources.keyStore, anchors: sources.anchors }, ann, later)
    expect(signer?.certificate.addresses).toEqual([ann])
  })
})
