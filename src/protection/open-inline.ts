import type { ByteSource } from '../message/byte-source.ts'
import { decoded } from '../message/decode-body.ts'
import type { ProtectionLayer } from '../message/facts.ts'
import type { KeysForLayers } from './keys-for-layers.ts'
import type { InlineOpening, OpeningPlace, SignedLayer } from './layer-openers.ts'
import { judgeSignatures } from './openpgp/check-signatures.ts'
import type { InlinePart } from './openpgp/inline-parts.ts'
import { messageKeyIds } from './openpgp/message-outline.ts'
import type { MailCrypto } from './threads/mail-crypto.ts'

type Encrypted = ProtectionLayer & { readonly kind: 'encrypted' }

/** Opens parts that are OpenPGP by themselves: all of them, or none. Signed counts only what is signed in each part. */
export async function openInline(
  source: ByteSource,
  parts: readonly InlinePart[],
  { ownKeys }: Pick<KeysForLayers, 'ownKeys'>,
  crypto: MailCrypto,
  verificationKeys: readonly string[],
  { author, workspace, receivedAt, signal }: OpeningPlace,
): Promise<InlineOpening> {
  const replacements = new Map<string, ByteSource>()
  const encrypted: Encrypted[] = []
  const signed: SignedLayer[] = []
  for (const inline of parts) {
    signal.throwIfAborted()
    const isEncrypted = inline.kind !== 'clear-signed-text'
    const own = isEncrypted
      ? await ownKeys.openpgpKeysFor(
          await messageKeyIds(await workspace.collect(decoded(source, inline.part))),
        )
      : []
    const reader = { privateKeys: own.map(({ armored }) => armored), verificationKeys }
    const opened = await crypto.openInlinePart(signal, source, inline, reader, workspace, receivedAt)
    if (opened.kind === 'closed') return { kind: 'closed', reason: opened.reason }
    const verdict = judgeSignatures(opened.signatures, author)
    if (verdict) signed.push({ kind: 'signed', format: 'openpgp', ...verdict })
    if (opened.kind === 'opened') {
      const { cipher, fingerprint } = opened
      encrypted.push({ kind: 'encrypted', format: 'openpgp', cipher, isAuthenticated: true, fingerprint })
    }
    // A text whose signature proves nothing stays as its sender wrote it.
    const isKept = opened.kind === 'signed' && verdict?.verdict !== 'valid'
    if (opened.replacement && !isKept) replacements.set(inline.path, opened.replacement)
  }
  return {
    kind: 'opened',
    replacements,
    layers: [...encrypted.slice(0, 1), ...summaryOf(signed, parts.length)],
  }
}

/** One verdict on all parts: the first that is invalid, or valid if each part is. */
function summaryOf(signed: readonly SignedLayer[], count: number): readonly SignedLayer[] {
  const [first] = signed
  if (!first) return []
  const invalid = signed.find(({ verdict }) => verdict === 'invalid')
  if (invalid) return [invalid]
  return signed.length < count ? [{ ...first, verdict: 'invalid', reason: 'partly-signed' }] : [first]
}
