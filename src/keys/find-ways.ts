import type { KeyStore } from '../storage/key-store.ts'
import type { PdfPassword, PdfPasswords } from '../storage/pdf-passwords.ts'
import type { Certificate } from './certificate.ts'
import { findEncryptionCertificates, findSigner } from './find-keys.ts'
import type { Signer } from './signer.ts'

/** What there is to protect mail to one recipient with. */
export interface Ways {
  readonly certificates: readonly Certificate[]
  readonly password: PdfPassword | undefined
}

export interface WayStores {
  readonly keyStore: KeyStore
  readonly pdfPasswords: PdfPasswords
  /** The authorities in force. */
  readonly anchors: readonly Certificate[]
}

/** The usable certificates of a recipient and the recipient's PDF password, on the day `at`. */
export async function findWays(stores: WayStores, recipient: string, at: Date): Promise<Ways> {
  const [found, password] = await Promise.all([
    findEncryptionCertificates(stores.keyStore, recipient, at, stores.anchors),
    stores.pdfPasswords.find(recipient),
  ])
  return { certificates: found.certificates, password }
}

/** With what the author signs; undefined without a usable certificate. */
export async function findAuthorsSigner(
  stores: WayStores,
  author: string | undefined,
  at: Date,
): Promise<Signer | undefined> {
  if (author === undefined) return undefined
  return (await findSigner(stores.keyStore, author, at, stores.anchors)).signer
}
