import type { Certificate } from '../../keys/x509/certificate.ts'
import { type DerElement, MalformedDer, oidOf } from '../../keys/x509/read-der.ts'
import { isNamedBy } from '../../keys/x509/recipient-identifier.ts'
import { verifySignature } from '../../keys/x509/verify-signature.ts'
import type { CoveredContent } from './covered-content.ts'
import {
  capabilitiesOf,
  encryptionCertificateOf,
  namesCertificate,
  readAttributes,
  type SignedAttributes,
  signingTimeOf,
} from './read-attributes.ts'
import type { SignerInfo } from './read-signed-data.ts'
import { attributeTypes } from './signed-attributes.ts'
import { type SignerAlgorithms, signerAlgorithms } from './signer-algorithms.ts'
import type { SignatureProblem, VerifiedSigner } from './verified-signature.ts'

/** Certificates that one SignerInfo may mean: with a key identifier those of one key, renewed. */
const maxCandidates = 4

const data = '1.2.840.113549.1.7.1'

/** Verifies one SignerInfo of a SignedData about id-data (RFC 5652 5.4 to 5.6). */
export async function verifySigner(
  info: SignerInfo,
  certificates: readonly Certificate[],
  covered: CoveredContent,
): Promise<VerifiedSigner> {
  const named = certificates.filter((certificate) => isNamedBy(certificate, info.identifier))
  const signer = { certificate: named[0], signedAt: undefined, capabilities: [], algorithm: 'unknown' }
  try {
    const algorithms = signerAlgorithms(info)
    const { name: algorithm } = algorithms
    const attributes = info.attributes ? readAttributes(info.attributes) : new Map<string, DerElement>()
    const problem = await problemOf(info, algorithms, attributes, covered)
    if (problem) return { ...signer, algorithm, isIntact: false, problem }
    if (named.length === 0) return { ...signer, algorithm, isIntact: false, problem: 'no-certificate' }
    const meant = named.filter((certificate) => namesCertificate(attributes, certificate))
    if (meant.length === 0) return { ...signer, algorithm, isIntact: false, problem: 'other-certificate' }
    const certificate = await whoSigned(info, algorithms, meant.slice(0, maxCandidates), covered)
    if (!certificate) return { ...signer, algorithm, isIntact: false, problem: 'wrong-signature' }
    const encryptionCertificate = encryptionCertificateOf(attributes, certificates)
    return {
      certificate,
      isIntact: true,
      signedAt: signingTimeOf(attributes),
      capabilities: capabilitiesOf(attributes),
      ...(encryptionCertificate && { encryptionCertificate }),
      algorithm,
    }
  } catch (error) {
    if (error instanceof MalformedDer) return { ...signer, isIntact: false, problem: 'wrong-attributes' }
    throw error
  }
}

/** What is wrong whoever signed; undefined if nothing is. */
async function problemOf(
  info: SignerInfo,
  algorithms: SignerAlgorithms,
  attributes: SignedAttributes,
  covered: CoveredContent,
): Promise<SignatureProblem | undefined> {
  if (algorithms.kind !== 'sound') return algorithms.kind
  if (!info.attributes) {
    // Then the digest of the content is that of the signature.
    if (algorithms.way.hash !== algorithms.digest) return 'unsupported-algorithm'
    return covered.looksLikeAttributes() ? 'wrong-attributes' : undefined
  }
  const contentType = attributes.get(attributeTypes.contentType)
  const messageDigest = attributes.get(attributeTypes.messageDigest)
  if (!contentType || oidOf(contentType) !== data || messageDigest?.tag !== 0x04) return 'wrong-attributes'
  const isTheSame = await covered.hasDigest(algorithms.digest, messageDigest.content)
  return isTheSame ? undefined : 'content-changed'
}

/** The one whose key made the signature. Only OpenSSL judges it: padding that somebody else reads is how keys are forged. */
async function whoSigned(
  { signedBytes, signature }: SignerInfo,
  algorithms: SignerAlgorithms,
  candidates: readonly Certificate[],
  covered: CoveredContent,
): Promise<Certificate | undefined> {
  if (algorithms.kind !== 'sound') return undefined
  const { signatureAlgorithm, way } = algorithms
  for (const certificate of candidates) {
    const { publicKey } = certificate
    if (!way.keyTypes.includes(publicKey.asymmetricKeyType ?? '')) continue
    const isSigned = signedBytes
      ? await verifySignature(signatureAlgorithm, publicKey, signedBytes, signature)
      : await covered.isSignedBy(way, publicKey, signature)
    if (isSigned) return certificate
  }
  return undefined
}
