import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TemporaryFailure } from '../../../../src/failure.ts'
import { listsInFiles } from '../../../../src/keys/revocation/lists-in-files.ts'
import { listsOnDisk } from '../../../../src/keys/revocation/lists-on-disk.ts'
import { openRevocation, type RevocationWorld } from '../../../../src/keys/revocation/open-revocation.ts'
import { readCrl } from '../../../../src/keys/revocation/read-crl.ts'
import {
  authority as authorityExtensions,
  mailUser,
  makeCertificate,
} from '../../../support/make-certificate.ts'
import { type Answer, revocationAuthority, startPki } from '../../../support/revocation-authority.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { testCertificate, testKeyFile } from '../../../support/test-keys.ts'

const folder = temporaryFolder()
const pki = await startPki()
afterAll(async () => {
  folder[Symbol.dispose]()
  await pki[Symbol.asyncDispose]()
})

const authority = revocationAuthority(folder.path, 'own', [
  `authorityInfoAccess=OCSP;URI:${pki.url('/ocsp')}`,
  `crlDistributionPoints=URI:${pki.url('/list')}`,
])
const other = revocationAuthority(folder.path, 'other', [])
const { certificate: issuer } = authority.issuer
const delegate = (name: string, extensions: readonly string[], by = authority.issuer) =>
  makeCertificate(folder.path, { name, issuer: by, extensions })
const responder = delegate('responder', ['extendedKeyUsage=OCSPSigning'])
const notForOcsp = delegate('no-responder', ['extendedKeyUsage=emailProtection'])
const foreign = delegate('foreign-responder', ['extendedKeyUsage=OCSPSigning'], other.issuer)

const valid = authority.leaf('valid', 'valid')
const revoked = authority.leaf('revoked', 'revoked')
const unlisted = authority.leaf('unlisted', 'unlisted')
const listOnly = authority.leaf('list-only', 'revoked', [`crlDistributionPoints=URI:${pki.url('/list')}`])
const silentAuthority = authority.leaf('nowhere', 'valid', [])

const now = new Date()
const signal = new AbortController().signal

const check = (changed: Partial<RevocationWorld> = {}) =>
  openRevocation({
    mode: 'if-known',
    lookup: async (name, rrtype) => (name === 'pki.test' && rrtype === 'A' ? ['127.0.0.1'] : []),
    privateHosts: ['pki.test'],
    listsAtHand: async () => [],
    closing: signal,
    ...changed,
  })

const serveOcsp = (answer: (request: Buffer) => Answer) => pki.answers.set('/ocsp', answer)
const serveList = (answer: () => Answer) => pki.answers.set('/list', answer)
const nothing = () => ({ status: 503 })

beforeAll(() => {
  pki.answers.clear()
})

describe('revocation by OCSP', () => {
  it('tells good, revoked and unknown as the openssl responder does', async () => {
    serveOcsp((request) => ({ body: authority.ocsp(request) }))
    serveList(nothing)
    const ask = check()
    expect(await ask([valid, issuer], now, signal)).toMatchObject({
      kind: 'good',
      checkedBy: 'ocsp',
      isBlocking: false,
    })
    expect(await ask([revoked, issuer], now, signal)).toMatchObject({
      kind: 'revoked',
      detail: 'revoked 2026-11-01T12:00:00.000Z, key compromise',
      checkedBy: 'ocsp',
      isBlocking: true,
    })
    expect(await ask([unlisted, issuer], now, signal)).toMatchObject({
      kind: 'unknown',
      detail: 'its responder does not know it; the list was answered with status 503',
      isBlocking: false,
    })
  })

  it('takes an answer of a delegate of the issuer', async () => {
    serveOcsp((request) => ({ body: authority.ocsp(request, responder) }))
    expect(await check()([revoked, issuer], now, signal)).toMatchObject({
      kind: 'revoked',
      checkedBy: 'ocsp',
    })
  })

  for (const [who, signer] of [
    ['a certificate that is not for OCSP', notForOcsp],
    ['the delegate of another authority', foreign],
    ['another authority', other.issuer],
  ] as const) {
    it(`does not believe ${who}`, async () => {
      serveOcsp((request) => ({ body: authority.ocsp(request, signer) }))
      serveList(nothing)
      const status = await check()([valid, issuer], now, signal)
      expect(status.kind).toBe('unknown')
      expect(status.detail).toMatch(/^nobody who may answer for the authority signed the answer/)
    })
  }

  it('does not believe an answer about another certificate, of yesterday, or one that was changed', async () => {
    serveList(nothing)
    let kept: Buffer | undefined
    serveOcsp((request) => {
      kept = authority.ocsp(request, authority.issuer, ['-resp_no_certs'])
      return { body: kept }
    })
    await check()([valid, issuer], now, signal)
    const good = kept ?? Buffer.alloc(0)
    serveOcsp(() => ({ body: good }))
    expect((await check()([revoked, issuer], now, signal)).detail).toMatch(/about another certificate/)
    const later = new Date(now.getTime() + 2 * 86_400_000)
    expect((await check()([valid, issuer], later, signal)).detail).toMatch(/out of date/)
    const earlier = new Date(now.getTime() - 86_400_000)
    expect((await check()([valid, issuer], earlier, signal)).detail).toMatch(/of the future/)
    const changed = Buffer.from(good)
    changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1
    serveOcsp(() => ({ body: changed }))
    expect((await check()([valid, issuer], now, signal)).kind).toBe('unknown')
  })

  it('asks once for many mails, and again when the answer has aged', async () => {
    serveOcsp((request) => ({ body: authority.ocsp(request) }))
    const ask = check()
    pki.seen.length = 0
    await Promise.all([1, 2, 3].map(() => ask([valid, issuer], now, signal)))
    await ask([valid, issuer], new Date(now.getTime() + 3_600_000), signal)
    expect(pki.seen).toEqual(['/ocsp'])
    await ask([valid, issuer], new Date(now.getTime() + 25 * 3_600_000), signal)
    expect(pki.seen.filter((path) => path === '/ocsp')).toHaveLength(2)
  })
})

describe('revocation by lists', () => {
  it.each(['DER', 'PEM'] as const)('tells good and revoked from a list in %s', async (form) => {
    serveOcsp(nothing)
    serveList(() => ({ body: authority.crl(2, undefined, form) }))
    const ask = check()
    expect(await ask([valid, issuer], now, signal)).toMatchObject({ kind: 'good', checkedBy: 'crl' })
    expect(await ask([revoked, issuer], now, signal)).toMatchObject({ kind: 'revoked', checkedBy: 'crl' })
    expect(await ask([listOnly, issuer], now, signal)).toMatchObject({ kind: 'revoked', checkedBy: 'crl' })
  })

  it.each([
    ['out of date', () => authority.crl(2), 3, /out of date since/],
    ['of the future', () => authority.crl(2), -1, /of the future/],
    ['of another issuer', () => other.crl(2), 0, /signature of the list does not verify/],
    ['indirect', () => authority.crl(2, 'indirect'), 0, /of a kind that is not read here/],
    ['of another part', () => authority.crl(2, 'partial'), 0, /another part/],
    [
      'with an unknown critical extension',
      () => authority.crl(2, 'unknown'),
      0,
      /critical extension 1\.2\.3\.4/,
    ],
    ['no list at all', () => Buffer.from('<html>'), 0, /cannot be read/],
    ['larger than 16 MiB', () => Buffer.alloc(16 * 1024 * 1024 + 1), 0, /more than 16777216 bytes/],
  ] as const)('concludes nothing from a list that is %s', async (_, list, days, detail) => {
    serveOcsp(nothing)
    serveList(() => ({ body: list() }))
    const at = new Date(now.getTime() + days * 86_400_000)
    const status = await check()([valid, issuer], at, signal)
    expect(status).toMatchObject({ kind: 'unknown', checkedBy: 'none', isBlocking: false })
    expect(status.detail).toMatch(detail)
  })

  it('believes a list that was revoked from even when it is out of date', async () => {
    serveOcsp(nothing)
    serveList(() => ({ body: authority.crl(2) }))
    const later = new Date(now.getTime() + 3 * 86_400_000)
    expect((await check()([revoked, issuer], later, signal)).kind).toBe('revoked')
  })

  it('reads a list for users only, for users', async () => {
    serveOcsp(nothing)
    serveList(() => ({ body: authority.crl(2, 'scoped') }))
    expect((await check()([valid, issuer], now, signal)).kind).toBe('good')
  })

  it('does not believe a list whose signature was changed', async () => {
    serveOcsp(nothing)
    const list = Buffer.from(authority.crl(2))
    list[list.length - 1] = (list[list.length - 1] ?? 0) ^ 1
    serveList(() => ({ body: list }))
    expect((await check()([revoked, issuer], now, signal)).kind).toBe('unknown')
  })

  it('keeps the list that counts while its host is down', async () => {
    serveOcsp(nothing)
    serveList(() => ({ body: authority.crl(40) }))
    const ask = check()
    await ask([revoked, issuer], now, signal)
    serveList(nothing)
    const later = new Date(now.getTime() + 25 * 3_600_000)
    expect(await ask([revoked, issuer], later, signal)).toMatchObject({ kind: 'revoked' })
    expect(await ask([valid, issuer], later, signal)).toMatchObject({ kind: 'good' })
  })
})

describe('lists on disk', () => {
  it('serve after a restart without a question, and while the host is down', async () => {
    using kept = temporaryFolder()
    const onDisk = listsOnDisk(kept.path)
    serveOcsp(nothing)
    serveList(() => ({ body: authority.crl(40) }))
    expect((await check({ onDisk })([listOnly, issuer], now, signal)).kind).toBe('revoked')
    pki.seen.length = 0
    const soon = new Date(Date.now() + 60_000)
    expect((await check({ onDisk })([listOnly, issuer], soon, signal)).kind).toBe('revoked')
    expect(pki.seen).toEqual([])
    serveList(nothing)
    const later = new Date(now.getTime() + 25 * 3_600_000)
    expect((await check({ onDisk })([listOnly, issuer], later, signal)).kind).toBe('revoked')
    expect(pki.seen).toEqual(['/list'])
  })

  it('that are damaged are fetched again', async () => {
    using kept = temporaryFolder()
    const onDisk = listsOnDisk(kept.path)
    await onDisk.write(pki.url('/list'), Buffer.from('half a list'))
    serveList(() => ({ body: authority.crl(40) }))
    const soon = new Date(Date.now() + 60_000)
    expect((await check({ onDisk })([listOnly, issuer], soon, signal)).kind).toBe('revoked')
  })
})

describe('what is asked, and how long', () => {
  it('judges the authorities of a path too', async () => {
    const below = makeCertificate(folder.path, {
      name: 'below',
      issuer: authority.issuer,
      extensions: authorityExtensions,
    })
    const leaf = makeCertificate(folder.path, {
      name: 'leaf',
      issuer: below,
      extensions: mailUser('leaf@example.org'),
    }).certificate
    const path = [leaf, below.certificate, issuer]
    const listsAtHand = async () => [readCrl(authority.crl(2))]
    expect(await check({ listsAtHand })(path, now, signal)).toMatchObject({
      kind: 'unknown',
      detail: 'it names no place where one could ask',
    })
    authority.list(below.certificate, 'revoked')
    const status = await check({ listsAtHand })(path, now, signal)
    expect(status).toMatchObject({ kind: 'revoked', isBlocking: true })
    expect(status.detail).toMatch(/^an authority above it: revoked 2026-11-01/)
  })

  it('lets mail wait when our own database cannot say what we revoked', async () => {
    const knownHere = () => Promise.reject(new TemporaryFailure('4.3', 'Database not available'))
    await expect(check({ knownHere })([valid, issuer], now, signal)).rejects.toThrow(TemporaryFailure)
  })

  it('sends no packet when it is off, and still knows the lists at hand', async () => {
    pki.seen.length = 0
    const off = check({ mode: 'off' })
    expect(await off([revoked, issuer], now, signal)).toMatchObject({ kind: 'unknown', isBlocking: false })
    const withList = check({ mode: 'off', listsAtHand: async () => [readCrl(authority.crl(2))] })
    expect(await withList([revoked, issuer], now, signal)).toMatchObject({
      kind: 'revoked',
      isBlocking: true,
    })
    expect(await withList([valid, issuer], now, signal)).toMatchObject({ kind: 'good' })
    expect(pki.seen).toEqual([])
  })

  it('finds the lists of authorities beside their certificates in the files of the settings', async () => {
    const files = ['root-ca.cert.pem', 'root-ca.crl.pem', 'intermediate-ca.crl.pem'].map(testKeyFile)
    const problems: unknown[] = []
    const off = check({ mode: 'off', listsAtHand: listsInFiles(files, (error) => problems.push(error)) })
    const authorities = ['intermediate-ca', 'root-ca'].map(testCertificate)
    expect(await off([testCertificate('bob-rsa'), ...authorities], now, signal)).toMatchObject({
      kind: 'good',
    })
    expect(await off([testCertificate('bob-revoked'), ...authorities], now, signal)).toMatchObject({
      kind: 'revoked',
      isBlocking: true,
    })
    expect(problems).toEqual([])
  })

  it('blocks what is unknown only where the answer is required', async () => {
    serveOcsp(nothing)
    serveList(nothing)
    const required = check({ mode: 'required' })
    expect(await required([valid, issuer], now, signal)).toMatchObject({ kind: 'unknown', isBlocking: true })
    expect(await required([silentAuthority, issuer], now, signal)).toMatchObject({ isBlocking: true })
    expect(await required([valid], now, signal)).toMatchObject({ kind: 'unknown', isBlocking: false })
  })

  it('does not connect inside the house, and follows no redirect', async () => {
    pki.seen.length = 0
    const status = await check({ privateHosts: [] })([valid, issuer], now, signal)
    expect(status.detail).toMatch(/not a public address/)
    expect(pki.seen).toEqual([])
    serveOcsp(() => ({ status: 302, location: pki.url('/list') }))
    serveList(() => ({ status: 301, location: pki.url('/ocsp') }))
    expect((await check()([valid, issuer], now, signal)).detail).toMatch(/to go elsewhere/)
    expect(pki.seen).toEqual(['/ocsp', '/list'])
  })

  it('waits for a silent authority no longer than the mail does', async () => {
    serveOcsp(() => undefined)
    serveList(() => undefined)
    const closing = new AbortController()
    const status = await check({ closing: closing.signal })([valid, issuer], now, AbortSignal.timeout(50))
    expect(status).toMatchObject({ kind: 'unknown', isBlocking: false })
    expect(status.detail).toMatch(/did not answer in time/)
    closing.abort()
  })
})
