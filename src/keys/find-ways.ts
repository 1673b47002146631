import type { KeyTrust, StoredKey } from '../storage/key-store.ts'
import type { PdfPassword, PdfPasswords } from '../storage/pdf-passwords.ts'
import { askedOnce } from './asked-once.ts'
import type { DiscoverKeys } from './discovery/discover-keys.ts'
import { type CertificateSources, findCertificates } from './find-keys.ts'
import { findOpenPgpKeys } from './find-openpgp-keys.ts'
import { findSigner } from './find-signer.ts'
import type { SetAside } from './keys-in-force.ts'
import type { Signer } from './signer.ts'
import type { Certificate } from './x509/certificate.ts'

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
  /** There is no key, and some source could not say whether it has one. */
  readonly mayAppear?: boolean
  /** There is no key only because nobody could say whether a certificate was revoked. */
  readonly awaitsRevocation?: boolean
}

export interface WayStores extends CertificateSources {
  readonly pdfPasswords: Pick<PdfPasswords, 'find'>
  /** Looks for keys of somebody outside, and stores them. A source that does not answer costs the mail no other way. */
  readonly discover?: DiscoverKeys
}

/**
 * Renewals overlap, and people read at two places: mail is encrypted to all usable certificates, but each costs every mail
 * some hundred bytes and whoever can add one reads along.
 */
const mostKeys = 4
/** Each step has shorter limits of its own; this one only ends a wait that would have none. */
const patienceMs = 30_000

/**
 * The usable keys of a recipient and the recipient's PDF password, on the day `at`. `leastTrust` is asked of OpenPGP keys;
 * certificates have their chain, or a person or proof that stands for it. Without any key it looks for some, if it may.
 */
export async function findWays(
  stores: WayStores,
  recipient: string,
  at: Date,
  leastTrust: KeyTrust = 'discovered',
  signal: AbortSignal = AbortSignal.timeout(patienceMs),
): Promise<Ways> {
  const [known, password] = await Promise.all([
    findEncryptionKeys(stores, recipient, at, leastTrust, signal),
    stores.pdfPasswords.find(recipient),
  ])
  const isEmpty = known.certificates.length === 0 && known.openpgp.length === 0
  const discovery = isEmpty ? await stores.discover?.(recipient, signal) : undefined
  const { mayChange, ...found } = discovery?.isRicher
    ? await findEncryptionKeys(stores, recipient, at, leastTrust, signal)
    : known
  const asked = (discovery?.sources ?? []).map(
    ({ source, outcome, detail }) => `${source} ${outcome}: ${detail}`,
  )
  const hasNone = found.certificates.length + found.openpgp.length === 0
  return {
    ...found,
    password,
    reasons: [...found.reasons, ...asked],
    ...(hasNone && discovery?.isIncomplete ? { mayAppear: true } : {}),
    ...(hasNone && mayChange ? { awaitsRevocation: true } : {}),
  }
}

async function findEncryptionKeys(
  stores: WayStores,
  recipient: string,
  at: Date,
  leastTrust: KeyTrust,
  signal: AbortSignal,
): Promise<Omit<Ways, 'password'> & { readonly mayChange: boolean }> {
  const keyStore = askedOnce(stores.keyStore)
  const certificates = await findCertificates({ ...stores, keyStore }, recipient, 'encrypt', at, signal)
  const openpgp = await findOpenPgpKeys(keyStore, recipient, at, leastTrust)
  const [chosen, keys] = [certificates.usable.slice(0, mostKeys), openpgp.usable.slice(0, mostKeys)]
  const surplus = [...certificates.usable.slice(mostKeys), ...openpgp.usable.slice(mostKeys)].map(
    ({ key }): SetAside => ({ key, reason: 'not-needed', detail: `${mostKeys} newer ones are used` }),
  )
  return {
    mayChange: certificates.setAside.some(({ mayChange }) => mayChange === true),
    certificates: chosen.map(({ certificate, key: { capabilities }, isDomain }) => ({
      certificate,
      capabilities,
      isDomain,
    })),
    openpgp: keys.map(({ key: { fingerprint }, armored, isDomain }) => ({ fingerprint, armored, isDomain })),
    reasons: [
      ...chosen.map((found) => `${usableLine(found)}${found.revocation ? `, ${found.revocation}` : ''}`),
      ...keys.map(usableLine),
      ...[...surplus, ...certificates.setAside, ...openpgp.setAside].map(
        ({ key, reason, detail }) => `${nameOf(key)} set aside: ${reason}, ${detail}`,
      ),
    ],
  }
}

const usableLine = ({ key, isDomain }: { readonly key: StoredKey; readonly isDomain: boolean }) =>
  `${nameOf(key)} usable: ${key.source}, ${key.trust}${isDomain ? ', for the domain' : ''}`

const nameOf = ({ kind, fingerprint }: SetAside['key']) => `${kind} ${fingerprint.slice(0, 16)}`

/** With what the author signs; `awaitsRevocation` as in Ways. */
export async function findAuthorsSigner(
  stores: WayStores,
  author: string | undefined,
  at: Date,
): Promise<{ readonly signer: Signer | undefined; readonly awaitsRevocation: boolean }> {
  if (author === undefined) return { signer: undefined, awaitsRevocation: false }
  const { signer, setAside } = await findSigner(stores, author, at)
  const awaitsRevocation = !signer && setAside.some(({ mayChange }) => mayChange === true)
  return { signer, awaitsRevocation }
}
