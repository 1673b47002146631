import type { PdfPassword, PdfPasswords } from '../storage/pdf-passwords.ts'
import type { Certificate } from './certificate.ts'
import { type CertificateSources, findCertificates } from './find-keys.ts'
import { findSigner } from './find-signer.ts'
import type { SetAside } from './keys-in-force.ts'
import type { Signer } from './signer.ts'

/** A certificate that mail to a recipient is encrypted with. */
export interface RecipientCertificate {
  readonly certificate: Certificate
  /** Object identifiers of the sMIMECapabilities that its owner announced, in order. */
  readonly capabilities: readonly string[]
  /** It is that of a gateway which decrypts for the whole domain. */
  readonly isDomain: boolean
}

/** An OpenPGP key that mail to a recipient is encrypted with. */
export interface RecipientKey {
  readonly fingerprint: string
  readonly armored: string
  readonly isDomain: boolean
}

/** What there is to protect mail to one recipient with. */
export interface Ways {
  readonly certificates: readonly RecipientCertificate[]
  readonly openpgp: readonly RecipientKey[]
  readonly password: PdfPassword | undefined
  /** One ASCII line for each key, used or set aside, with why; for the decision record. */
  readonly reasons: readonly string[]
}

export interface WayStores extends CertificateSources {
  readonly pdfPasswords: Pick<PdfPasswords, 'find'>
}

/**
 * Renewals overlap, and people read at two places: mail is encrypted to all usable certificates, but each costs every mail
 * some hundred bytes and whoever can add one reads along.
 */
const mostKeys = 4

/** The usable keys of a recipient and the recipient's PDF password, on the day `at`. */
export async function findWays(stores: WayStores, recipient: string, at: Date): Promise<Ways> {
  const [found, password] = await Promise.all([
    findCertificates(stores, recipient, 'encrypt', at),
    stores.pdfPasswords.find(recipient),
  ])
  const used = found.usable.slice(0, mostKeys)
  const surplus = found.usable
    .slice(mostKeys)
    .map(({ key }): SetAside => ({ key, reason: 'not-needed', detail: `${mostKeys} newer ones are used` }))
  return {
    certificates: used.map(({ certificate, key: { capabilities }, isDomain }) => ({
      certificate,
      capabilities,
      isDomain,
    })),
    openpgp: [],
    password,
    reasons: [
      ...used.map(
        ({ key, isDomain }) =>
          `${nameOf(key)} used: ${key.source}, ${key.trust}${isDomain ? ', for the domain' : ''}`,
      ),
      ...[...surplus, ...found.setAside].map(
        ({ key, reason, detail }) => `${nameOf(key)} set aside: ${reason}, ${detail}`,
      ),
    ],
  }
}

const nameOf = ({ kind, fingerprint }: SetAside['key']) => `${kind} ${fingerprint.slice(0, 16)}`

/** With what the author signs; undefined without a usable certificate. */
export async function findAuthorsSigner(
  stores: WayStores,
  author: string | undefined,
  at: Date,
): Promise<Signer | undefined> {
  if (author === undefined) return undefined
  return (await findSigner(stores, author, at)).signer
}
