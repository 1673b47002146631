import type { RecipientIdentifier } from '../../keys/x509/recipient-identifier.ts'
import type { ByteSource } from '../../message/byte-source.ts'
import { type ClosedEnvelope, closedBecause } from './closed-envelope.ts'
import { cipherName } from './content-cipher.ts'
import { readEnvelopeParts } from './envelope-parts.ts'

/** What a CMS object is, as far as it shows without a key. */
export type Envelope =
  | {
      readonly kind: 'enveloped'
      /** OpenSSL's name, such as `aes-256-cbc`; the dotted form of what we do not know. */
      readonly cipher: string
      /** AuthEnvelopedData: a change would be noticed. */
      readonly isAuthenticated: boolean
      /** Those that certificates are found by. A message to passwords only has none. */
      readonly recipients: readonly RecipientIdentifier[]
    }
  /** SignedData, also of certificates alone; CompressedData, for `openCompressed`; something else that is CMS. */
  | { readonly kind: 'signed' | 'compressed' | 'other' }
  | ClosedEnvelope

/**
 * Looks at decoded bytes (not base64), to their end but without holding or decrypting them. An empty shell, or a type
 * without what belongs to it, is no envelope: it must not pass for protection.
 */
export async function readEnvelope(cms: ByteSource): Promise<Envelope> {
  try {
    const parts = readEnvelopeParts(cms)
    if ('kind' in parts) return parts
    return {
      kind: 'enveloped',
      cipher: cipherName(parts.algorithm),
      isAuthenticated: parts.isAuthEnveloped,
      recipients: parts.recipients.map(({ identifier }) => identifier),
    }
  } catch (error) {
    return closedBecause(error)
  }
}
