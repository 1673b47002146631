import { createPrivateKey } from 'node:crypto'
import type { IssuedCertificate, OwnAuthorities, OwnAuthority } from '../../storage/own-authorities.ts'
import type { ImportedKey } from '../import/import-keys.ts'
import { type Certificate, readCertificate } from '../x509/certificate.ts'
import { readDer } from '../x509/read-der.ts'
import { authorityExtensions, mailExtensions, writeCertificate } from './write-certificate.ts'
import { writeCrl } from './write-crl.ts'
import { newRsaKey } from './x509-parts.ts'

/** In StoredKey.source of what we issued. */
export const byOwnAuthority = 'own authority'

const authorityYears = 10
const certificateYears = 2
/** Clocks of others may be behind ours. */
const beginsBeforeMs = 3_600_000

/** Makes an authority: a root with an RSA key for ten years. Not stored yet. */
export async function createAuthority(
  name: string,
  at: Date,
): Promise<{ readonly authority: OwnAuthority; readonly privateKey: string }> {
  const key = await newRsaKey()
  const certificate = writeCertificate(
    {
      subject: name,
      publicKey: key.publicKey,
      notBefore: new Date(at.getTime() - beginsBeforeMs),
      notAfter: yearsAfter(at, authorityYears),
      extensions: authorityExtensions(),
    },
    key,
  )
  const { fingerprint } = readCertificate(certificate)
  return { authority: { fingerprint, name, certificate, createdAt: at }, privateKey: key.pem }
}

/** The authority that issues now: the newest in its time. */
export function authorityInForce(all: readonly OwnAuthority[], at: Date): OwnAuthority | undefined {
  return all.findLast(({ certificate }) => {
    const { notBefore, notAfter } = readCertificate(certificate)
    return at >= notBefore && at <= notAfter
  })
}

/**
 * Issues a certificate for signing and decrypting the mail of one address, with a new key, for two years. An earlier one
 * stays as it is: renewals overlap.
 */
export async function issueCertificate(
  authority: { readonly certificate: string; readonly privateKey: string },
  person: { readonly address: string; readonly name: string },
  at: Date,
): Promise<{ readonly issued: IssuedCertificate; readonly imported: ImportedKey }> {
  const issuer = readCertificate(authority.certificate)
  const key = await newRsaKey()
  // Nothing outlives its authority: such a certificate would end with it anyway, but not say so.
  const notAfter = new Date(Math.min(yearsAfter(at, certificateYears).getTime(), issuer.notAfter.getTime()))
  const material = writeCertificate(
    {
      issuer: issuer.subject,
      subject: person.name,
      publicKey: key.publicKey,
      notBefore: new Date(Math.max(at.getTime() - beginsBeforeMs, issuer.notBefore.getTime())),
      notAfter,
      extensions: mailExtensions(person.address),
    },
    { privateKey: createPrivateKey(authority.privateKey), publicKey: issuer.publicKey },
  )
  const certificate = readCertificate(material)
  const { fingerprint, addresses, notBefore } = certificate
  return {
    issued: {
      ...{ fingerprint, authority: issuer.fingerprint, serial: serialOf(certificate) },
      ...{ address: person.address, notAfter: certificate.notAfter, issuedAt: at, revokedAt: undefined },
    },
    imported: {
      key: {
        ...{ kind: 'smime', fingerprint, addresses, domains: [], material, chain: [] },
        ...{ notBefore, notAfter: certificate.notAfter, hasPrivateKey: true },
        ...{ trust: 'manual', source: byOwnAuthority, state: 'active', pinned: false },
        ...{ capabilities: [], addedAt: at },
      },
      privateKey: key.pem,
    },
  }
}

/** The list of an authority as it is now, PEM. Certificates whose time ended stay in it: old mail is read later. */
export async function currentCrl(
  authorities: OwnAuthorities,
  { fingerprint, certificate }: OwnAuthority,
  at: Date,
): Promise<string> {
  const privateKey = await authorities.privateKeyOf(fingerprint)
  if (privateKey === undefined) throw new Error(`The private key of authority ${fingerprint} is not here`)
  const revoked = (await authorities.issuedBy(fingerprint)).flatMap(({ serial, revokedAt }) =>
    revokedAt ? [{ serial, revokedAt }] : [],
  )
  const signer = { certificate: readCertificate(certificate), privateKey: createPrivateKey(privateKey) }
  return writeCrl(revoked, signer, at)
}

/** The content of the INTEGER in hex, as lists name it. */
function serialOf({ serialNumber }: Certificate): string {
  return Buffer.from(readDer(serialNumber).content).toString('hex')
}

function yearsAfter(at: Date, years: number): Date {
  const date = new Date(at)
  date.setUTCFullYear(date.getUTCFullYear() + years)
  return date
}
