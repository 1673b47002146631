import { judgeSigner, type SignerVerdict } from '../keys/x509/judge-signer.ts'
import type { ByteSource } from '../message/byte-source.ts'
import type { BroughtCertificate } from '../message/opened-message.ts'
import type { KeysForLayers } from './keys-for-layers.ts'
import type { Decryption, LayerOpeners, OpeningPlace, SignedLayer } from './layer-openers.ts'
import { openInline } from './open-inline.ts'
import { type CheckedSignature, judgeSignatures } from './openpgp/check-signatures.ts'
import { messageKeyIds } from './openpgp/message-outline.ts'
import { openCompressed } from './smime/open-compressed.ts'
import { readEnvelope } from './smime/read-envelope.ts'
import type { VerifiedSignature } from './smime/verified-signature.ts'
import type { MailCrypto } from './threads/mail-crypto.ts'

/** The real formats, with our keys and what we know of others'. */
export function openLayers(keys: KeysForLayers, crypto: MailCrypto): LayerOpeners {
  const verificationKeys = ({ author }: OpeningPlace) =>
    author === undefined ? [] : keys.verificationKeysOf(author)
  return {
    decryptCms: (cms, place) => decryptCms(cms, keys, crypto, place),

    async decompressCms(cms, { workspace }) {
      const result = await openCompressed(cms, workspace)
      return result.kind === 'opened' ? result.content : undefined
    },

    async verifyCms(cms, covered, { author, receivedAt, workspace, signal }) {
      const signature = await crypto.verifySignedData(signal, cms, covered, workspace)
      const verdict = await judgeSigner(
        signature,
        {
          from: author,
          anchors: keys.anchors,
          partnerAnchors: author === undefined ? [] : await keys.partnerAnchors(author),
          vouched: author === undefined ? new Set() : await keys.vouchedOf(author),
          at: receivedAt,
          checkRevocation: keys.checkRevocation,
        },
        signal,
      )
      return {
        layer: smimeLayer(verdict),
        content: signature.content,
        brought: broughtCertificates(signature, verdict),
      }
    },

    async decryptOpenPgp(message, place) {
      const own = await keys.ownKeys.openpgpKeysFor(await messageKeyIds(message))
      const reader = {
        privateKeys: own.map(({ armored }) => armored),
        verificationKeys: await verificationKeys(place),
      }
      const { workspace, receivedAt, signal } = place
      const result = await crypto.openOpenPgp(signal, message, reader, workspace, receivedAt)
      if (result.kind === 'closed') return { kind: 'closed', reason: result.reason }
      const { content, cipher, isAuthenticated, fingerprint, signatures } = result
      const encrypted = {
        kind: 'encrypted',
        format: 'openpgp',
        cipher,
        isAuthenticated,
        fingerprint,
      } as const
      const signed = openPgpLayer(signatures, place.author)
      return { kind: 'opened', content, encrypted, ...(signed ? { signed } : {}) }
    },

    async verifyOpenPgp(covered, signature, place) {
      const checked = await crypto.verifyOpenPgp(
        place.signal,
        covered,
        signature,
        await verificationKeys(place),
        place.receivedAt,
      )
      return openPgpLayer(checked, place.author) ?? unreadable
    },

    openInline: async (source, parts, place) =>
      openInline(source, parts, keys, crypto, await verificationKeys(place), place),
  }
}

async function decryptCms(
  cms: ByteSource,
  { ownKeys }: KeysForLayers,
  crypto: MailCrypto,
  { workspace, signal }: OpeningPlace,
): Promise<Decryption> {
  const envelope = await readEnvelope(cms)
  // Whatever shows without a key is no secret, and may be told apart; see `refusedForClosed`.
  if (envelope.kind === 'closed')
    return { kind: 'closed', reason: envelope.reason === 'damaged' ? 'unsupported' : envelope.reason }
  if (envelope.kind !== 'enveloped') return { kind: 'closed', reason: 'unsupported' }
  const keys = await ownKeys.smimeKeysFor(envelope.recipients)
  const result = await crypto.openEnvelope(signal, cms, keys, workspace)
  if (result.kind === 'closed') return { kind: 'closed', reason: result.reason }
  const { content, cipher, isAuthenticated, fingerprint } = result
  return {
    kind: 'opened',
    content,
    encrypted: { kind: 'encrypted', format: 'smime', cipher, isAuthenticated, fingerprint },
  }
}

/** More than any chain has. */
const mostChained = 16

/** What the author signs with, and what he wants to be written to with, if that is another (RFC 8551 2.5.3). */
function broughtCertificates(
  { signers, certificates }: VerifiedSignature,
  verdict: SignerVerdict,
): readonly BroughtCertificate[] {
  if (verdict.kind !== 'valid') return []
  const { certificate: signing, path } = verdict
  const signer = signers.find(
    ({ isIntact, certificate }) => isIntact && certificate?.fingerprint === signing.fingerprint,
  )
  const chain = [...path.slice(1), ...certificates].slice(0, mostChained).map(({ pem }) => pem)
  const capabilities = signer?.capabilities ?? []
  const encryption = signer?.encryptionCertificate
  return [
    { material: signing.pem, chain, capabilities },
    ...(encryption && encryption.fingerprint !== signing.fingerprint
      ? [{ material: encryption.pem, chain, capabilities }]
      : []),
  ]
}

function smimeLayer(verdict: SignerVerdict): SignedLayer | undefined {
  if (verdict.kind === 'none') return undefined
  const { certificate, signedAt } = verdict
  return {
    kind: 'signed',
    format: 'smime',
    verdict: verdict.kind,
    reason: verdict.kind === 'valid' ? 'valid' : verdict.reason,
    signer: certificate && { fingerprint: certificate.fingerprint, addresses: certificate.addresses },
    signedAt,
  }
}

function openPgpLayer(
  signatures: readonly CheckedSignature[],
  author: string | undefined,
): SignedLayer | undefined {
  const verdict = judgeSignatures(signatures, author)
  return verdict && { kind: 'signed', format: 'openpgp', ...verdict }
}

const unreadable: SignedLayer = {
  kind: 'signed',
  format: 'openpgp',
  verdict: 'invalid',
  reason: 'altered',
  signer: undefined,
  signedAt: undefined,
}
