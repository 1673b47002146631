import type { ByteSource, Workspace } from '../message/byte-source.ts'
import type { ClosedReason, ProtectionLayer } from '../message/facts.ts'
import type { BroughtCertificate } from '../message/opened-message.ts'
import type { InlinePart } from './openpgp/inline-parts.ts'

/** For whom and where a layer is taken off. */
export interface OpeningPlace {
  /** The one author of the From field: only his signatures are valid. undefined: nobody's are. */
  readonly author: string | undefined
  readonly receivedAt: Date
  readonly workspace: Workspace
  readonly signal: AbortSignal
}

export type SignedLayer = ProtectionLayer & { readonly kind: 'signed' }
export type EncryptedLayer = ProtectionLayer & { readonly kind: 'encrypted' }

/** What was inside; `signed` where OpenPGP signed and encrypted in one. */
export type Decryption =
  | {
      readonly kind: 'opened'
      readonly content: ByteSource
      readonly encrypted: EncryptedLayer
      readonly signed?: SignedLayer
    }
  | { readonly kind: 'closed'; readonly reason: ClosedReason }

/** `replacements`: whole parts by path, for `replaceParts`; none for what is to stay as it is. */
export type InlineOpening =
  | {
      readonly kind: 'opened'
      readonly replacements: ReadonlyMap<string, ByteSource>
      readonly layers: readonly ProtectionLayer[]
    }
  | { readonly kind: 'closed'; readonly reason: ClosedReason }

/**
 * What knows keys and formats: takes one layer off and judges it. Bad bytes become results; what cannot be asked now
 * (a key store that is locked) fails, and so defers the message.
 */
export interface LayerOpeners {
  /** EnvelopedData and AuthEnvelopedData (RFC 5652 6, RFC 5083), transfer encoding undone. */
  decryptCms(cms: ByteSource, place: OpeningPlace): Promise<Decryption>
  /** CompressedData (RFC 3274); undefined for what is damaged or grows beyond a bound. */
  decompressCms(cms: ByteSource, place: OpeningPlace): Promise<ByteSource | undefined>
  /**
   * SignedData (RFC 5652 5), detached from `covered` or with its content inside. No `layer`: it carries certificates and
   * no signature. No `content`: it is detached, or cannot be read.
   */
  verifyCms(
    cms: ByteSource,
    covered: ByteSource | undefined,
    place: OpeningPlace,
  ): Promise<{
    readonly layer: SignedLayer | undefined
    readonly content: ByteSource | undefined
    /** Only by a valid signature. */
    readonly brought: readonly BroughtCertificate[]
  }>
  /** The second part of multipart/encrypted (RFC 3156 4), armored or not. */
  decryptOpenPgp(message: ByteSource, place: OpeningPlace): Promise<Decryption>
  /** RFC 3156 5; `signature` armored. */
  verifyOpenPgp(covered: ByteSource, signature: ByteSource, place: OpeningPlace): Promise<SignedLayer>
  /** Texts and files of `source` that are OpenPGP by themselves, encrypted or signed by hand. */
  openInline(source: ByteSource, parts: readonly InlinePart[], place: OpeningPlace): Promise<InlineOpening>
}
