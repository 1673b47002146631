import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importKeys } from '../../../../src/keys/import/import-keys.ts'
import {
  createKeyRequest,
  joinRequestedKey,
  settleRequest,
} from '../../../../src/keys/own-authority/key-request.ts'
import {
  authorityInForce,
  createAuthority,
  currentCrl,
  issueCertificate,
} from '../../../../src/keys/own-authority/own-authority.ts'
import { judgeCrl } from '../../../../src/keys/revocation/judge-crl.ts'
import { readCrl } from '../../../../src/keys/revocation/read-crl.ts'
import { readCertificate } from '../../../../src/keys/x509/certificate.ts'
import { pemBlocks, pemContent } from '../../../../src/keys/x509/pem.ts'
import { usableFor } from '../../../../src/keys/x509/usable-for.ts'
import type { Storage } from '../../../../src/storage/open-storage.ts'
import { openTestStorage } from '../../../support/open-test-storage.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const folder = temporaryFolder()
let storage: Storage
beforeAll(async () => {
  storage = await openTestStorage()
})
afterAll(async () => {
  await storage[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const at = new Date()
const ann = { address: 'ann@example.org', name: 'Ann Ünger' }
const file = (name: string, content: string) => {
  const path = join(folder.path, name)
  writeFileSync(path, content)
  return path
}
const openssl = (...args: readonly string[]) =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

const made = await createAuthority('Kanzlei Example, internal', at)
const authority = { ...made.authority, privateKey: made.privateKey }
const { issued, imported } = await issueCertificate(authority, ann, at)
const root = file('root.pem', authority.certificate)
const leaf = file('ann.pem', imported.key.material)

describe('an authority of our own', () => {
  it('is what OpenSSL takes for an authority, and its certificates for mail to sign and decrypt', () => {
    const verify = ['verify', '-x509_strict', '-purpose']
    expect(openssl(...verify, 'smimesign', '-CAfile', root, leaf)).toMatch(/: OK/)
    expect(openssl(...verify, 'smimeencrypt', '-CAfile', root, leaf)).toMatch(/: OK/)
    expect(() => openssl(...verify, 'sslserver', '-CAfile', root, leaf)).toThrow()
    expect(openssl('x509', '-in', leaf, '-noout', '-email')).toBe('ann@example.org\n')
    const subject = ['x509', '-in', leaf, '-noout', '-subject', '-nameopt', 'utf8,sep_comma_plus']
    expect(openssl(...subject)).toBe('subject=CN=Ann Ünger\n')
    const text = openssl('x509', '-in', root, '-noout', '-text')
    expect(text).toMatch(/CA:TRUE, pathlen:0/)
    expect(text).toMatch(/Public-Key: \(3072 bit\)/)
  })

  it('is what our own judgement takes as well', () => {
    const certificate = readCertificate(imported.key.material)
    const anchors = [readCertificate(authority.certificate)]
    for (const purpose of ['sign', 'encrypt'] as const) {
      const question = { address: ann.address, purpose, at, anchors, intermediates: [], vouched: false }
      expect(usableFor(certificate, question).kind).toBe('usable')
    }
    expect(imported.key).toMatchObject({ addresses: ['ann@example.org'], source: 'own authority' })
    const twoYears = imported.key.notAfter?.getTime() ?? 0
    expect(Math.round((twoYears - at.getTime()) / 86_400_000 / 365)).toBe(2)
  })

  it('gives everybody a key and a number of his own, also the same person again', async () => {
    const again = await issueCertificate(authority, ann, at)
    expect(again.issued.serial).not.toBe(issued.serial)
    expect(again.issued.fingerprint).not.toBe(issued.fingerprint)
  })

  it('issues nothing that would outlive it, and nothing when its time is over', async () => {
    const late = new Date(at)
    late.setUTCFullYear(late.getUTCFullYear() + 9)
    const last = await issueCertificate(authority, ann, late)
    expect(last.issued.notAfter).toEqual(readCertificate(authority.certificate).notAfter)
    late.setUTCFullYear(late.getUTCFullYear() + 2)
    expect(authorityInForce([authority], at)).toBe(authority)
    expect(authorityInForce([authority], late)).toBeUndefined()
  })

  it('publishes a list in which OpenSSL finds the revoked one only', async () => {
    await storage.ownAuthorities.add(authority, authority.privateKey)
    await storage.ownAuthorities.addIssued(issued)
    const good = await issueCertificate(authority, ann, at)
    await storage.ownAuthorities.addIssued(good.issued)
    const empty = await currentCrl(storage.ownAuthorities, authority, at)
    expect(openssl('crl', '-in', file('empty.crl', empty), '-noout', '-text')).toMatch(/No Revoked/)
    await storage.ownAuthorities.revoke(issued.fingerprint, at)
    const list = await currentCrl(storage.ownAuthorities, authority, at)
    const crl = file('list.crl', list)
    const check = ['verify', '-crl_check', '-CRLfile', crl, '-CAfile', root]
    expect(openssl(...check, file('good.pem', good.imported.key.material))).toMatch(/: OK/)
    expect(() => openssl(...check, leaf)).toThrow(/certificate revoked/)
    const issuer = readCertificate(authority.certificate)
    const verdict = (pem: string) =>
      judgeCrl(readCrl(pemContent(pemBlocks(list)[0] ?? { label: '', text: '' })), {
        certificate: readCertificate(pem),
        issuer,
        places: [],
        at,
      })
    expect((await verdict(imported.key.material)).kind).toBe('revoked')
    expect((await verdict(good.imported.key.material)).kind).toBe('good')
  })
})

describe('a request to a public authority', () => {
  it('is one that OpenSSL verifies, and whose certificate finds its private key', async () => {
    const { request, privateKey } = await createKeyRequest(ann, at)
    await storage.keyRequests.add(request, privateKey)
    const csr = file('ann.csr', request.request)
    expect(openssl('req', '-in', csr, '-noout', '-verify', '-text')).toMatch(/email:ann@example\.org/)
    const answer = openssl(
      ...['x509', '-req', '-in', csr, '-copy_extensions', 'copyall', '-days', '30'],
      ...['-CA', root, '-CAkey', file('root.key', authority.privateKey)],
    )
    const [came] = await importKeys(Buffer.from(answer), { source: 'import', trust: 'manual', at })
    if (!came) throw new Error('nothing imported')
    expect(came.privateKey).toBeUndefined()
    const joined = await joinRequestedKey(came, storage.keyRequests)
    expect(joined).toMatchObject({ privateKey, key: { hasPrivateKey: true } })
    await settleRequest(joined, storage.keyRequests)
    expect(await storage.keyRequests.list()).toEqual([])
    expect(await joinRequestedKey(came, storage.keyRequests)).toBe(came)
  })
})
