import { describe, expect, it } from 'vitest'
import type { RevocationStatus } from '../../../../src/keys/revocation/revocation.ts'
import {
  judgeSigner,
  type SignatureToJudge,
  type SignerQuestion,
} from '../../../../src/keys/x509/judge-signer.ts'
import { authority, mailUser, makeCertificate } from '../../../support/make-certificate.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { testCertificate } from '../../../support/test-keys.ts'

const alice = 'alice@kanzlei.example'
const bob = 'bob@partner.example'
const day = 24 * 3_600_000
const arrival = new Date('2026-06-01T12:00:00Z')
const daysBefore = (days: number, date = arrival) => new Date(date.getTime() - days * day)

const status = (change: Partial<RevocationStatus>) => async (): Promise<RevocationStatus> => ({
  kind: 'good',
  detail: 'by its list',
  checkedBy: 'crl',
  isBlocking: false,
  ...change,
})
const question: SignerQuestion = {
  from: alice,
  anchors: [testCertificate('root-ca')],
  partnerAnchors: [],
  vouched: new Set(),
  at: arrival,
  checkRevocation: status({}),
}
const intermediate = testCertificate('intermediate-ca')

async function judged(signature: SignatureToJudge, change: Partial<SignerQuestion> = {}): Promise<string> {
  const verdict = await judgeSigner(signature, { ...question, ...change }, AbortSignal.timeout(9000))
  return verdict.kind === 'invalid' ? verdict.reason : verdict.kind
}
const signedBy = (name: string, change: Partial<SignatureToJudge['signers'][number]> = {}) => {
  const certificate = testCertificate(name)
  return {
    certificates: [certificate, intermediate],
    signers: [{ certificate, isIntact: true, signedAt: daysBefore(0.01), ...change }],
  }
}
const expired = testCertificate('alice-expired')
const hourAfterItsEnd = daysBefore(-1 / 24, expired.notAfter)
/** A subjectAltName of one rfc822Name, whatever OpenSSL thinks of it. */
const rawName = (text: string) => {
  const name = Buffer.from(text)
  return Buffer.concat([Buffer.of(0x30, name.length + 2, 0x81, name.length), name]).toString('hex')
}
const selfSigned = testCertificate('bob-selfsigned')

describe('a signature', () => {
  for (const [what, signature, change, expected] of [
    ['of the author', signedBy('alice-rsa'), {}, 'valid'],
    [
      'of the author, who writes himself in capitals',
      signedBy('alice-rsa'),
      { from: 'Alice@Kanzlei.Example' },
      'valid',
    ],
    ['without a time', signedBy('alice-rsa', { signedAt: undefined }), {}, 'valid'],
    ['from the future', signedBy('alice-rsa', { signedAt: daysBefore(-1000) }), {}, 'valid'],
    ['by Ed25519', signedBy('alice-ed25519'), {}, 'valid'],
    ['of somebody else', signedBy('bob-rsa'), {}, 'wrong-address'],
    ['of the author with another address in it', signedBy('bob-wrong-email'), { from: bob }, 'wrong-address'],
    ['in a mail without single author', signedBy('alice-rsa'), { from: undefined }, 'wrong-address'],
    ['in a mail from an odd address', signedBy('alice-rsa'), { from: ` ${alice}` }, 'wrong-address'],
    [
      'in a mail from an address around the right one',
      signedBy('alice-rsa'),
      { from: `${alice}\0` },
      'wrong-address',
    ],
    [
      'that was changed',
      signedBy('alice-rsa', { isIntact: false, problem: 'content-changed' }),
      {},
      'broken-signature',
    ],
    [
      'that rests on SHA-1',
      signedBy('alice-rsa', { isIntact: false, problem: 'weak-digest' }),
      {},
      'weak-digest',
    ],
    [
      'by an algorithm nobody knows',
      signedBy('alice-rsa', { isIntact: false, problem: 'unsupported-algorithm' }),
      {},
      'unsupported-algorithm',
    ],
    [
      'whose certificate did not come along',
      signedBy('alice-rsa', { certificate: undefined, isIntact: false, problem: 'no-certificate' }),
      {},
      'no-certificate',
    ],
    ['that cannot be read', { certificates: [], signers: [], problem: 'malformed' }, {}, 'broken-signature'],
    ['that is none', { certificates: [intermediate], signers: [] }, {}, 'none'],
    ['after the end of its certificate', signedBy('alice-expired'), {}, 'expired'],
    [
      'before the end of its certificate, which a queue delivers after it',
      signedBy('alice-expired', { signedAt: daysBefore(2, expired.notAfter) }),
      { at: hourAfterItsEnd, vouched: new Set([expired.fingerprint]) },
      'valid',
    ],
    [
      'that says to be years old, when its certificate was good',
      signedBy('alice-expired', { signedAt: daysBefore(1, expired.notAfter) }),
      {},
      'expired',
    ],
    [
      'before its certificate began',
      signedBy('alice-rsa', { signedAt: new Date('2023-01-01') }),
      {},
      'not-yet-valid',
    ],
    ['without a path to an anchor', signedBy('alice-rsa'), { anchors: [] }, 'untrusted'],
    [
      'with a path to an anchor of the partner only',
      signedBy('alice-rsa'),
      { anchors: [], partnerAnchors: [testCertificate('root-ca')] },
      'valid',
    ],
    ['that vouches for itself', signedBy('bob-selfsigned'), { from: bob }, 'self-signed'],
    [
      'that is its own anchor',
      signedBy('bob-selfsigned'),
      { from: bob, anchors: [selfSigned] },
      'self-signed',
    ],
    [
      'that an administrator vouches for',
      signedBy('bob-selfsigned'),
      { from: bob, vouched: new Set([selfSigned.fingerprint]) },
      'valid',
    ],
    [
      'that an administrator vouches for, of somebody else',
      signedBy('bob-selfsigned'),
      { vouched: new Set([selfSigned.fingerprint]) },
      'wrong-address',
    ],
    [
      'by a revoked certificate',
      signedBy('alice-rsa'),
      { checkRevocation: status({ kind: 'revoked', isBlocking: true }) },
      'revoked',
    ],
    [
      'of which nobody knows whether it is revoked',
      signedBy('alice-rsa'),
      { checkRevocation: status({ kind: 'unknown' }) },
      'valid',
    ],
    [
      'of which nobody knows whether it is revoked, where that must be known',
      signedBy('alice-rsa'),
      { checkRevocation: status({ kind: 'unknown', isBlocking: true }) },
      'revocation-unknown',
    ],
  ] as const) {
    it(`${what} is ${expected}`, async () => {
      expect(await judged(signature, change)).toBe(expected)
    })
  }

  it('of several is valid by the author’s, wherever it stands, and else told by the first', async () => {
    const [own, others] = [signedBy('alice-rsa'), signedBy('bob-rsa')]
    const both = { certificates: own.certificates, signers: [...others.signers, ...own.signers] }
    expect(await judged(both)).toBe('valid')
    expect(
      await judged({ ...both, signers: [...others.signers, ...signedBy('alice-expired').signers] }),
    ).toBe('wrong-address')
  })

  it('is asked for its revocation along the whole path, as of the arrival, whoever vouches for it', async () => {
    for (const vouched of [new Set<string>(), new Set([testCertificate('alice-rsa').fingerprint])]) {
      const asked: unknown[] = []
      await judged(signedBy('alice-rsa', { signedAt: daysBefore(3) }), {
        vouched,
        checkRevocation: async (path, at) => {
          asked.push(
            path.map(({ fingerprint }) => fingerprint),
            at,
          )
          return status({})()
        },
      })
      const names = ['alice-rsa', 'intermediate-ca', 'root-ca']
      expect(asked).toEqual([names.map((name) => testCertificate(name).fingerprint), arrival])
    }
  })

  it('is not believed for reasons that lie in its certificate, each by a word of its own', async () => {
    using folder = temporaryFolder()
    const root = makeCertificate(folder.path, { name: 'root', extensions: authority })
    const withUsage = (usage: string) => [`keyUsage=critical,${usage}`, `subjectAltName=email:${alice}`]
    for (const [name, wish, expected] of [
      ['good', { extensions: mailUser(alice) }, 'valid'],
      ['encrypts', { extensions: withUsage('keyAgreement') }, 'wrong-usage'],
      [
        'web',
        { extensions: ['extendedKeyUsage=serverAuth', `subjectAltName=email:${alice}`] },
        'wrong-usage',
      ],
      ['weak', { key: 1024, extensions: mailUser(alice, 'keyEncipherment') }, 'weak-key'],
      ['odd', { extensions: [...mailUser(alice), '1.2.3.4=critical,DER:0500'] }, 'unknown-extension'],
      // CVE-2026-2748: an address with white space is another one, or none.
      [
        'space',
        { extensions: ['keyUsage=digitalSignature', `subjectAltName=DER:${rawName(`${alice} `)}`] },
        'wrong-address',
      ],
      [
        'blank',
        { extensions: ['keyUsage=digitalSignature'], subject: `/emailAddress=${alice} ` },
        'wrong-address',
      ],
      ['common', { extensions: ['keyUsage=digitalSignature'], subject: `/CN=${alice}` }, 'wrong-address'],
      ['sha1', { extensions: mailUser(alice), digest: 'sha1' }, 'untrusted'],
    ] as const) {
      const { certificate } = makeCertificate(folder.path, { name, issuer: root, ...wish })
      const signature = {
        certificates: [certificate],
        signers: [{ certificate, isIntact: true, signedAt: undefined }],
      }
      const verdict = await judged(signature, {
        at: new Date(Date.now() + 1000),
        anchors: [root.certificate],
      })
      expect([name, verdict]).toEqual([name, expected])
    }
  })
})
