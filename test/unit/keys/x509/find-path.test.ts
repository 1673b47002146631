import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPath } from '../../../../src/keys/x509/find-path.ts'
import {
  authority,
  type CertificateWish,
  type MadeCertificate,
  mailUser,
  makeCertificate,
} from '../../../support/make-certificate.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const day = 86_400_000
const address = 'alice@kanzlei.example'

/** A root, an intermediate of the given extensions, and below it a certificate for mail. */
interface Case {
  readonly what: string
  readonly intermediate: Partial<CertificateWish>
  readonly leaf?: Partial<CertificateWish>
  readonly days?: number
  readonly trusted: boolean
  /** Where `openssl verify` judges otherwise, why. */
  readonly openssl?: string
}

const named = (side: string, name: string) => ({
  extensions: [...authority, `nameConstraints=critical,${side};dirName:names`, '[names]', name],
})
const limited = (constraint: string) => ({
  extensions: [...authority, `nameConstraints=critical,${constraint}`],
})

const cases: readonly Case[] = [
  { what: 'an ordinary authority', intermediate: {}, trusted: true },
  { what: 'an authority on a Brainpool curve', intermediate: { key: 'brainpoolP384r1' }, trusted: true },
  {
    what: 'an authority for mail',
    intermediate: { extensions: [...authority, 'extendedKeyUsage=emailProtection'] },
    trusted: true,
  },
  {
    what: 'an authority for web servers only',
    intermediate: { extensions: [...authority, 'extendedKeyUsage=serverAuth'] },
    trusted: false,
  },
  {
    what: 'somebody who is no authority',
    intermediate: { extensions: mailUser('mallory@evil.example') },
    trusted: false,
  },
  {
    what: 'one without basicConstraints',
    intermediate: { extensions: ['keyUsage=keyCertSign'] },
    trusted: false,
  },
  {
    what: 'an authority that may not sign certificates',
    intermediate: { extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=cRLSign'] },
    trusted: false,
  },
  { what: 'an authority whose time is over', intermediate: { days: 10 }, days: 100, trusted: false },
  {
    what: 'an authority with a weak key',
    intermediate: { key: 1024 },
    trusted: false,
    openssl: 'its default level takes 1024 bits',
  },
  {
    what: 'an authority with an unknown critical extension',
    intermediate: { extensions: [...authority, '1.2.3.4=critical,ASN1:NULL'] },
    trusted: false,
  },
  {
    what: 'an authority with an unknown extension that is not critical',
    intermediate: { extensions: [...authority, '1.2.3.4=ASN1:NULL'] },
    trusted: true,
  },
  {
    what: 'an unknown critical extension of its own',
    intermediate: {},
    leaf: { extensions: [...mailUser(address), '1.2.3.4=critical,ASN1:NULL'] },
    trusted: false,
  },
  {
    what: 'a signature with SHA-1',
    intermediate: {},
    leaf: { digest: 'sha1' },
    trusted: false,
    openssl: 'its default level takes SHA-1',
  },
  { what: 'a signature with SHA-512', intermediate: {}, leaf: { digest: 'sha512' }, trusted: true },
  {
    what: 'an authority for its domain',
    intermediate: limited('permitted;email:kanzlei.example'),
    trusted: true,
  },
  {
    what: 'an authority for its mailbox',
    intermediate: limited(`permitted;email:${address}`),
    trusted: true,
  },
  {
    what: 'an authority for another domain',
    intermediate: limited('permitted;email:partner.example'),
    trusted: false,
  },
  {
    what: 'an authority for domains below it only',
    intermediate: limited('permitted;email:.kanzlei.example'),
    trusted: false,
  },
  {
    what: 'an authority for everybody but its domain',
    intermediate: limited('excluded;email:kanzlei.example'),
    trusted: false,
  },
  {
    what: 'an authority for everybody but another domain',
    intermediate: limited('excluded;email:partner.example'),
    trusted: true,
  },
  {
    what: 'an authority for its organisation',
    intermediate: named('permitted', 'O=Test'),
    trusted: true,
  },
  {
    what: 'an authority for another organisation',
    intermediate: named('permitted', 'O=Partner'),
    trusted: false,
  },
  {
    what: 'an authority for everybody but an organisation, which may be spelled otherwise',
    intermediate: named('excluded', 'O=Partner'),
    trusted: false,
    openssl: 'it compares names in all spellings',
  },
]

describe('a certificate is', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let root: MadeCertificate
  beforeAll(() => {
    folder = temporaryFolder()
    root = makeCertificate(folder.path, { name: 'root', extensions: authority })
  })
  afterAll(() => folder[Symbol.dispose]())

  const make = (wish: CertificateWish) => makeCertificate(folder.path, wish)

  cases.forEach(({ what, intermediate, leaf, days = 1, trusted, openssl }, index) => {
    it(`${trusted ? 'trusted' : 'not trusted'} with ${what}`, () => {
      const middle = make({ name: `middle-${index}`, extensions: authority, issuer: root, ...intermediate })
      const end = make({ name: `leaf-${index}`, extensions: mailUser(address), issuer: middle, ...leaf })
      const at = new Date(Date.now() + days * day)
      const found = findPath(end.certificate, {
        anchors: [root.certificate],
        intermediates: [middle.certificate],
        at,
      })
      expect(found.kind).toBe(trusted ? 'path' : 'none')
      if (openssl === undefined) expect(opensslTrusts(root, [middle], end, at)).toBe(trusted)
    })
  })

  it('not trusted below a chain longer than its authority allows', () => {
    const short = ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign']
    const upper = make({ name: 'upper', extensions: short, issuer: root })
    const lower = make({ name: 'lower', extensions: authority, issuer: upper })
    const end = make({ name: 'end', extensions: mailUser(address), issuer: lower })
    const at = new Date(Date.now() + day)
    const intermediates = [upper.certificate, lower.certificate]
    expect(findPath(end.certificate, { anchors: [root.certificate], intermediates, at }).kind).toBe('none')
    expect(opensslTrusts(root, [upper, lower], end, at)).toBe(false)
    const direct = make({ name: 'direct', extensions: mailUser(address), issuer: upper })
    expect(findPath(direct.certificate, { anchors: [root.certificate], intermediates, at }).kind).toBe('path')
  })

  it('not trusted when its authority only has the name of a trusted one', () => {
    const real = make({ name: 'real', extensions: authority, issuer: root })
    const forged = make({ name: 'forged', subject: '/O=Test/CN=real', extensions: authority })
    const end = make({ name: 'forged-end', extensions: mailUser(address), issuer: forged })
    const intermediates = [real.certificate, forged.certificate]
    const at = new Date(Date.now() + day)
    expect(findPath(end.certificate, { anchors: [root.certificate], intermediates, at }).kind).toBe('none')
  })

  it('trusted although another authority of the same name comes first', () => {
    const other = make({ name: 'other', subject: '/O=Test/CN=twice', extensions: authority })
    const right = make({ name: 'right', subject: '/O=Test/CN=twice', extensions: authority, issuer: root })
    const end = make({ name: 'twice-end', extensions: mailUser(address), issuer: right })
    const intermediates = [other.certificate, right.certificate]
    const at = new Date(Date.now() + day)
    const found = findPath(end.certificate, { anchors: [root.certificate], intermediates, at })
    expect(found).toMatchObject({
      kind: 'path',
      path: [end.certificate, right.certificate, root.certificate],
    })
  })

  function opensslTrusts(
    anchor: MadeCertificate,
    middle: readonly MadeCertificate[],
    end: MadeCertificate,
    at: Date,
  ) {
    const untrusted = middle.flatMap(({ certificateFile }) => ['-untrusted', certificateFile])
    const time = ['-attime', `${Math.floor(at.getTime() / 1000)}`]
    try {
      execFileSync(
        'openssl',
        [
          'verify',
          '-x509_strict',
          '-purpose',
          'smimesign',
          '-CAfile',
          anchor.certificateFile,
          ...time,
          ...untrusted,
          end.certificateFile,
        ],
        { stdio: 'pipe' },
      )
      return true
    } catch {
      return false
    }
  }
})
