import { createHash } from 'node:crypto'
import type { Signer } from '../../keys/signer.ts'
import { context, derHead, octetString, sequence, setOf, smallInteger } from '../../keys/x509/write-der.ts'
import type { ByteSource } from '../../message/byte-source.ts'
import { type DigestName, data, digestIdentifier, issuerAndSerialNumber, signedData } from './algorithms.ts'
import { signatureSchemeOf, signWith } from './signature-scheme.ts'
import { signedAttributes } from './signed-attributes.ts'
import { streamedElement } from './streamed-element.ts'

/**
 * A ContentInfo with SignedData over content that is not inside it (RFC 5652 5). With the signer's certificates and
 * chain, so that a reader can check it and answer encrypted.
 */
export async function detachedSignedData(
  content: ByteSource,
  signer: Signer,
  signingTime: Date,
): Promise<Buffer> {
  const { digestAlgorithm, behind } = await signatureOver(content, signer, signingTime)
  return sequence(
    signedData,
    context(0, sequence(smallInteger(1), setOf(digestAlgorithm), sequence(data), behind)),
  )
}

/**
 * The same with the content inside, as a stream. It is read twice: certificates and signature stand behind it, but their
 * length is part of the very first bytes.
 */
export async function* opaqueSignedData(
  content: ByteSource,
  signer: Signer,
  signingTime: Date,
): AsyncGenerator<Uint8Array> {
  const { digestAlgorithm, behind } = await signatureOver(content, signer, signingTime)
  const within = (tag: number, front: Uint8Array, after = 0) =>
    streamedElement(tag, front, content.size + after)
  const encapsulated = within(0x30, Buffer.concat([data, within(0xa0, derHead(0x04, content.size))]))
  const front = Buffer.concat([smallInteger(1), setOf(digestAlgorithm), encapsulated])
  const inside = within(0xa0, within(0x30, front, behind.length), behind.length)
  yield within(0x30, Buffer.concat([signedData, inside]), behind.length)
  let written = 0
  for await (const piece of content.stream()) {
    written += piece.length
    yield piece
  }
  // The lengths in the head are a promise.
  if (written !== content.size) throw new Error('the content changed while it was signed')
  yield behind
}

/** What stands behind the content: certificates and one SignerInfo. */
async function signatureOver(content: ByteSource, signer: Signer, signingTime: Date) {
  const { certificate, encryptionCertificate, chain, privateKey } = signer
  const scheme = signatureSchemeOf(privateKey)
  const digestAlgorithm = digestIdentifier(scheme.digest)
  const digest = await digestOf(content.stream(), scheme.digest)
  const attributes = setOf(...signedAttributes(digest, signer, signingTime))
  const signature = await signWith(privateKey, scheme.digest, attributes)
  const signerInfo = sequence(
    smallInteger(1),
    issuerAndSerialNumber(certificate),
    digestAlgorithm,
    // RFC 5652 5.4: signed as SET OF, sent under [0].
    Buffer.concat([Buffer.from([0xa0]), attributes.subarray(1)]),
    scheme.signatureAlgorithm,
    octetString(signature),
  )
  const sent = new Map(
    [certificate, ...(encryptionCertificate ? [encryptionCertificate] : []), ...chain].map(
      ({ fingerprint, x509 }) => [fingerprint, x509.raw],
    ),
  )
  const certificates = context(0, ...[...sent.values()].toSorted(Buffer.compare))
  return { digestAlgorithm, behind: Buffer.concat([certificates, setOf(signerInfo)]) }
}

async function digestOf(pieces: AsyncIterable<Uint8Array>, digest: DigestName): Promise<Buffer> {
  const hash = createHash(digest)
  for await (const piece of pieces) hash.update(piece)
  return hash.digest()
}
