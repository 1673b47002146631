import { createHash } from 'node:crypto'
import type { Certificate } from '../../keys/x509/certificate.ts'
import { childrenOf, type DerElement, MalformedDer, oidOf } from '../../keys/x509/read-der.ts'
import { readTime } from '../../keys/x509/read-time.ts'
import { isNamedBy, type RecipientIdentifier } from '../../keys/x509/recipient-identifier.ts'
import { type DigestName, digests } from './algorithms.ts'
import { readIssuerAndSerialNumber } from './read-signed-data.ts'
import { attributeTypes } from './signed-attributes.ts'

/** By type in dotted form: the one value of each signed attribute. */
export type SignedAttributes = ReadonlyMap<string, DerElement>

/** RFC 8551 lists about ten; nobody announces more than some dozens. */
const maxCapabilities = 64

/** Those on which the signature depends. */
const singular: ReadonlySet<string> = new Set([
  attributeTypes.contentType,
  attributeTypes.messageDigest,
  attributeTypes.signingTime,
  attributeTypes.signingCertificate,
  attributeTypes.signingCertificateV2,
])

/**
 * Attributes that count must occur once and with one value (RFC 5652 11): where readers could choose between two,
 * somebody will make them choose differently. Throws MalformedDer otherwise. Of others the first value is taken.
 */
export function readAttributes(attributes: readonly DerElement[]): SignedAttributes {
  const read = new Map<string, DerElement>()
  for (const attribute of attributes) {
    const [type, values] = childrenOf(attribute)
    const name = oidOf(type)
    const [value, ...others] = values?.tag === 0x31 ? childrenOf(values) : []
    if (singular.has(name) && (!value || others.length > 0 || read.has(name))) {
      throw new MalformedDer(`attribute ${name} without value, or twice`)
    }
    if (value && !read.has(name)) read.set(name, value)
  }
  return read
}

/** undefined: not said, or not in a readable form. */
export function signingTimeOf(attributes: SignedAttributes): Date | undefined {
  return ifReadable(() => readTime(attributes.get(attributeTypes.signingTime)))
}

/** OIDs of the sMIMECapabilities (RFC 8551 2.5.2); parameters say little and are left out. */
export function capabilitiesOf(attributes: SignedAttributes): readonly string[] {
  const value = attributes.get(attributeTypes.capabilities)
  if (!value) return []
  const read = () => childrenOf(value).map((capability) => oidOf(childrenOf(capability)[0]))
  return (ifReadable(read) ?? []).slice(0, maxCapabilities)
}

/** The one of `certificates` that answers shall be encrypted to (RFC 8551 2.5.3). */
export function encryptionCertificateOf(
  attributes: SignedAttributes,
  certificates: readonly Certificate[],
): Certificate | undefined {
  const identifier = ifReadable(() => preferenceOf(attributes))
  return identifier && certificates.find((certificate) => isNamedBy(certificate, identifier))
}

/** SMIMEEncryptionKeyPreference ::= CHOICE { [0] IssuerAndSerialNumber, [1] RecipientKeyIdentifier, [2] SubjectKeyIdentifier } */
function preferenceOf(attributes: SignedAttributes): RecipientIdentifier | undefined {
  const preference = attributes.get(attributeTypes.encryptionKeyPreference)
  switch (preference?.tag) {
    case 0xa0:
      return readIssuerAndSerialNumber(preference.content)
    case 0xa1:
      return keyIdentifier(childrenOf(preference)[0]?.content)
    case 0x82:
      return keyIdentifier(preference.content)
    default: {
      const microsoft = attributes.get(attributeTypes.microsoftKeyPreference)
      return microsoft?.tag === 0x30 ? readIssuerAndSerialNumber(microsoft.content) : undefined
    }
  }
}

function keyIdentifier(bytes: Uint8Array | undefined): RecipientIdentifier | undefined {
  return bytes && { kind: 'subjectKeyIdentifier', keyIdentifier: bytes }
}

/**
 * Whether the signer may have meant this certificate: signingCertificate (RFC 2634 5.4) and its second version (RFC 5035)
 * name it by its hash. Without them any certificate with the key fits; one that cannot be read fits none.
 */
export function namesCertificate(attributes: SignedAttributes, certificate: Certificate): boolean {
  const first = attributes.get(attributeTypes.signingCertificate)
  const second = attributes.get(attributeTypes.signingCertificateV2)
  const { raw } = certificate.x509
  const hasHash = (hash: DerElement | undefined, digest: string) =>
    hash?.tag === 0x04 && createHash(digest).update(raw).digest().equals(hash.content)
  return (
    (!first || ifReadable(() => hasHash(childrenOf(firstIdOf(first))[0], 'sha1')) === true) &&
    (!second ||
      ifReadable(() => {
        const parts = childrenOf(firstIdOf(second))
        const digest = parts[0]?.tag === 0x30 ? digestNamed(parts[0]) : 'sha256'
        return digest !== undefined && hasHash(parts[0]?.tag === 0x30 ? parts[1] : parts[0], digest)
      }) === true)
  )
}

/** RFC 5035 3: the first one is the signer's own, others are of its chain. */
function firstIdOf(signingCertificate: DerElement): DerElement {
  const [ids] = childrenOf(signingCertificate)
  const first = ids && childrenOf(ids)[0]
  if (!first) throw new MalformedDer('no certificate is named')
  return first
}

/** The digest that an AlgorithmIdentifier names; undefined for those that prove nothing any more, and unknown ones. */
export function digestNamed(algorithm: DerElement): DigestName | undefined {
  const name = oidOf(childrenOf(algorithm)[0])
  return (Object.keys(digests) as DigestName[]).find((digest) => digests[digest].oid === name)
}

function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof MalformedDer) return undefined
    throw error
  }
}
