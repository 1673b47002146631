import { createHash, sign } from 'node:crypto'
import type { Signer } from '../../keys/signer.ts'
import { allows } from '../../keys/usable-for.ts'
import {
  aes128Cbc,
  aes256Cbc,
  data,
  ecdsaWithSha256,
  issuerAndSerialNumber,
  rsaEncryption,
  sha256,
  signedData,
} from './algorithms.ts'
import { context, octetString, oid, sequence, setOf, smallInteger, time } from './der.ts'

/** What readers may use towards us, best first (RFC 8551 2.5.2). */
const capabilities = sequence(sequence(aes256Cbc), sequence(aes128Cbc))

/**
 * A ContentInfo with SignedData over content that is not inside it (RFC 5652 5), of which only the SHA-256 digest is
 * needed. With the signer's certificate and chain, so that a reader can check it and answer encrypted.
 */
export async function detachedSignedData(
  digest: Uint8Array,
  signer: Signer,
  signingTime: Date,
): Promise<Buffer> {
  const { certificate, chain, privateKey } = signer
  const attributes = setOf(...signedAttributes(digest, signer, signingTime))
  // On a thread of its own: RSA-4096 takes some milliseconds.
  const signature = await new Promise<Buffer>((resolve, reject) => {
    sign('sha256', attributes, privateKey, (error, bytes) => (error ? reject(error) : resolve(bytes)))
  })
  const signerInfo = sequence(
    smallInteger(1),
    issuerAndSerialNumber(certificate),
    sha256,
    // RFC 5652 5.4: signed as SET OF, sent under [0].
    Buffer.concat([Buffer.from([0xa0]), attributes.subarray(1)]),
    certificate.publicKey.asymmetricKeyType === 'ec' ? ecdsaWithSha256 : rsaEncryption,
    octetString(signature),
  )
  const certificates = [certificate, ...chain].map(({ x509 }) => x509.raw).toSorted(Buffer.compare)
  return sequence(
    signedData,
    context(
      0,
      sequence(
        smallInteger(1),
        setOf(sha256),
        sequence(data),
        context(0, ...certificates),
        setOf(signerInfo),
      ),
    ),
  )
}

function signedAttributes(digest: Uint8Array, { certificate }: Signer, signingTime: Date): readonly Buffer[] {
  const attribute = (type: string, value: Uint8Array) => sequence(oid(type), setOf(value))
  const attributes = [
    attribute('1.2.840.113549.1.9.3', data),
    attribute('1.2.840.113549.1.9.4', octetString(digest)),
    attribute('1.2.840.113549.1.9.5', time(signingTime)),
    attribute('1.2.840.113549.1.9.15', capabilities),
  ]
  if (allows(certificate, 'encrypt')) {
    const own = issuerAndSerialNumber(certificate)
    attributes.push(
      // RFC 8551 2.5.3: SMIMEEncryptionKeyPreference, [0] IMPLICIT IssuerAndSerialNumber.
      attribute('1.2.840.113549.1.9.16.2.11', Buffer.concat([Buffer.from([0xa0]), own.subarray(1)])),
      // Outlook looks for the same under Microsoft's name.
      attribute('1.3.6.1.4.1.311.16.4', own),
    )
  }
  return attributes
}

/** SHA-256 over a stream. */
export async function digestOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const hash = createHash('sha256')
  for await (const piece of pieces) hash.update(piece)
  return hash.digest()
}
