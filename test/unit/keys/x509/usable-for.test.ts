import { describe, expect, it } from 'vitest'
import { type UsabilityQuestion, usableFor } from '../../../../src/keys/x509/usable-for.ts'
import { mailUser, makeCertificate } from '../../../support/make-certificate.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { testCertificate } from '../../../support/test-keys.ts'

const alice = 'alice@kanzlei.example'
const bob = 'bob@partner.example'
const question: UsabilityQuestion = {
  address: alice,
  purpose: 'sign',
  at: new Date('2026-06-01T12:00:00Z'),
  anchors: [testCertificate('root-ca')],
  intermediates: [testCertificate('intermediate-ca')],
  vouched: false,
}
const judge = (name: string, change: Partial<UsabilityQuestion> = {}) => {
  const result = usableFor(testCertificate(name), { ...question, ...change })
  return result.kind === 'usable' ? 'usable' : result.reason
}

describe('the certificate', () => {
  for (const [name, change, expected] of [
    ['alice-rsa', {}, 'usable'],
    ['alice-rsa', { purpose: 'encrypt' }, 'usable'],
    ['alice-rsa', { address: 'alice@KANZLEI.example' }, 'usable'],
    ['alice-rsa', { address: 'Alice@kanzlei.example' }, 'usable'],
    ['alice-rsa', { address: 'alice@kanzlei.example.evil.example' }, 'wrong-address'],
    ['alice-rsa', { address: '' }, 'wrong-address'],
    ['alice-rsa', { at: new Date('2023-12-31T23:59:59Z') }, 'not-yet-valid'],
    ['alice-rsa', { at: new Date('2050-01-01T00:00:00Z') }, 'expired'],
    ['alice-rsa', { intermediates: [] }, 'untrusted'],
    ['alice-rsa', { anchors: [] }, 'untrusted'],
    ['alice-ec', {}, 'usable'],
    ['alice-ec', { purpose: 'encrypt' }, 'usable'],
    ['alice-ed25519', {}, 'usable'],
    ['alice-ed25519', { purpose: 'encrypt' }, 'wrong-usage'],
    ['alice-expired', {}, 'expired'],
    ['alice-expired', { vouched: true }, 'expired'],
    ['bob-wrong-email', { address: bob }, 'wrong-address'],
    ['bob-wrong-email', { address: bob, vouched: true }, 'wrong-address'],
    ['bob-selfsigned', { address: bob }, 'self-signed'],
    ['bob-selfsigned', { address: bob, anchors: [testCertificate('bob-selfsigned')] }, 'self-signed'],
    ['bob-selfsigned', { address: bob, vouched: true, purpose: 'encrypt' }, 'usable'],
    ['bob-rsa', { address: undefined, purpose: 'encrypt' }, 'usable'],
    ['intermediate-ca', {}, 'wrong-address'],
  ] as const) {
    const asked = Object.keys(change).length > 0 ? ` asked with ${Object.keys(change).join(', ')}` : ''
    it(`${name}${asked} is ${expected}`, () => {
      expect(judge(name, change)).toBe(expected)
    })
  }

  it('with an RSA key of 1024 bits is weak, even if an administrator vouches for it', () => {
    using folder = temporaryFolder()
    const weak = { name: 'weak', key: 1024, extensions: mailUser(alice, 'keyEncipherment') }
    const { certificate } = makeCertificate(folder.path, weak)
    expect(usableFor(certificate, { ...question, at: new Date(), vouched: true })).toMatchObject({
      reason: 'weak-key',
    })
  })

  it('without usage extensions may do both, and one for web servers neither', () => {
    using folder = temporaryFolder()
    const plain = makeCertificate(folder.path, {
      name: 'plain',
      extensions: [`subjectAltName=email:${alice}`],
    })
    const web = ['extendedKeyUsage=serverAuth', `subjectAltName=email:${alice}`]
    const server = makeCertificate(folder.path, { name: 'server', extensions: web })
    // Behind the making: a certificate is valid from the second it was made in.
    const vouched = { ...question, at: new Date(), vouched: true }
    expect(usableFor(plain.certificate, { ...vouched, purpose: 'encrypt' }).kind).toBe('usable')
    expect(usableFor(plain.certificate, vouched).kind).toBe('usable')
    expect(usableFor(server.certificate, vouched)).toMatchObject({ reason: 'wrong-usage' })
  })

  it('that may only sign is not encrypted to', () => {
    using folder = temporaryFolder()
    const wish = {
      name: 'signs',
      extensions: ['keyUsage=critical,digitalSignature', `subjectAltName=email:${alice}`],
    }
    const { certificate } = makeCertificate(folder.path, wish)
    const vouched = { ...question, at: new Date(), vouched: true }
    expect(usableFor(certificate, vouched).kind).toBe('usable')
    expect(usableFor(certificate, { ...vouched, purpose: 'encrypt' })).toMatchObject({
      reason: 'wrong-usage',
    })
  })

  it('with a critical extension that nobody knows serves nobody, even if an administrator vouches for it', () => {
    using folder = temporaryFolder()
    const odd = { name: 'odd', extensions: [...mailUser(alice), '1.2.3.4=critical,ASN1:NULL'] }
    const { certificate } = makeCertificate(folder.path, odd)
    expect(usableFor(certificate, { ...question, at: new Date(), vouched: true })).toMatchObject({
      reason: 'unknown-extension',
      detail: 'critical extension 1.2.3.4 is not known here',
    })
  })
})
