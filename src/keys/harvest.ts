import type { ByteSource } from '../message/byte-source.ts'
import { firstValue } from '../message/header.ts'
import type { HeaderField } from '../message/header-field.ts'
import type { MimePart } from '../message/mime-part.ts'
import type { BroughtCertificate } from '../message/opened-message.ts'
import type { KeyStore } from '../storage/key-store.ts'
import { type OfferedKey, type OfferParts, type OfferResult, offerKey } from './offer-key.ts'
import { attachedOpenPgpKeys } from './openpgp/attached-openpgp-keys.ts'
import { autocryptKey } from './openpgp/autocrypt.ts'
import type { OpenPgpKey } from './openpgp/openpgp-key.ts'
import { canonicalAddress } from './x509/certificate.ts'

/** A mail that was accepted, as far as it may bring keys of its author. */
export interface MailWithKeys {
  /** As they came. */
  readonly fields: readonly HeaderField[]
  /** The one author. */
  readonly author: string
  /** Whether DMARC or an aligned DKIM signature says that the mail is his domain's. */
  readonly isAuthentic: boolean
  /** By valid signatures of the author. */
  readonly brought: readonly BroughtCertificate[]
  /** With its protection taken off: keys are sent inside encrypted mail, too. */
  readonly opened: { readonly source: ByteSource; readonly root: MimePart }
}

export interface HarvestSettings {
  /** Keys that anybody could have put into a mail, which only authenticates its domain. */
  readonly autocrypt: boolean
  /** Certificates that a valid signature vouches for. */
  readonly harvest: boolean
}

/**
 * The keys of its author that a mail brings. Certificates only by a valid signature of the author himself; OpenPGP keys only
 * where the mail is authentic, and with the least trust, because whoever is on the way could have put in another.
 */
export async function keysInMail(
  mail: MailWithKeys,
  settings: HarvestSettings,
  at: Date,
): Promise<readonly OfferedKey[]> {
  const author = canonicalAddress(mail.author)
  if (author === undefined) return []
  const common = { addresses: [author], trust: 'harvested' } as const
  const certificates = settings.harvest
    ? mail.brought.map(
        (brought): OfferedKey => ({ kind: 'smime', ...brought, ...common, source: 'signed mail' }),
      )
    : []
  if (!settings.autocrypt || !mail.isAuthentic || isSomebodyElses(mail.fields)) return certificates
  const offered = (source: string, { armored }: OpenPgpKey): OfferedKey => ({
    ...{ kind: 'openpgp', material: armored, source },
    ...common,
  })
  const header = await autocryptKey(mail.fields, author, at)
  const attached = await attachedOpenPgpKeys(mail.opened.source, mail.opened.root, at)
  return [
    ...certificates,
    ...(header ? [offered('autocrypt', header.key)] : []),
    ...attached
      .filter(({ isPrivate, addresses }) => !isPrivate && addresses.includes(author))
      .map((key) => offered('attached key', key)),
  ]
}

/** Autocrypt 1.1, 2.3: not of reports, nor of lists, which write under others' names. */
function isSomebodyElses(fields: readonly HeaderField[]): boolean {
  const type = firstValue(fields, 'Content-Type') ?? ''
  return /^multipart\/report\b/i.test(type) || firstValue(fields, 'List-Id') !== undefined
}

/** Offers what a mail brought to the store, and notes what the owners of certificates say that they can read. */
export async function harvest(
  keys: readonly OfferedKey[],
  parts: OfferParts & { readonly keyStore: Pick<KeyStore, 'announce'> },
): Promise<readonly OfferResult[]> {
  const results: OfferResult[] = []
  for (const key of keys) {
    const result = await offerKey(key, parts)
    results.push(result)
    // His own word of today, signed, whoever brought the certificate in before.
    if (result.kind !== 'refused' && result.fingerprint && key.capabilities?.length)
      await parts.keyStore.announce(result.fingerprint, key.capabilities)
  }
  return results
}
