import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import { childrenOf, type DerElement, MalformedDer, oidOf, readDer } from './read-der.ts'
import { insideOf, readExtensions } from './read-extensions.ts'

/** The bits of keyUsage, in the order of RFC 5280 4.2.1.3. */
const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const
export type KeyUsage = (typeof keyUsages)[number]

/** What an X.509 certificate says of itself (RFC 5280); whether it may be believed is for `usableFor` to judge. */
export interface Certificate {
  readonly pem: string
  readonly x509: X509Certificate
  readonly publicKey: KeyObject
  /** SHA-256 of the DER in lower-case hex. */
  readonly fingerprint: string
  /** As `canonicalAddress` gives them. Odd ones are left out: nobody is to be found by them. */
  readonly addresses: readonly string[]
  readonly notBefore: Date
  readonly notAfter: Date
  /** undefined: the extension is absent, so nothing is restricted. */
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined
  /** Object identifiers in dotted form; undefined as for keyUsage. */
  readonly extendedKeyUsage: readonly string[] | undefined
  readonly isAuthority: boolean
  /** pathLenConstraint of basicConstraints. */
  readonly pathLength: number | undefined
  readonly selfIssued: boolean
  /** Content of nameConstraints (4.2.1.10). */
  readonly nameConstraints: DerElement | undefined
  /** Critical extensions that nothing here evaluates, in dotted form. */
  readonly unknownCritical: readonly string[]
  /** The AlgorithmIdentifier that the issuer signed with. */
  readonly signatureAlgorithm: DerElement
  /** DER of the fields that name a certificate in CMS (RFC 5652 10.2.4) and of its subject, byte for byte. */
  readonly issuer: Uint8Array
  readonly serialNumber: Uint8Array
  readonly subject: Uint8Array
  /** Bits of subjectPublicKey: for an elliptic curve, the point. */
  readonly publicKeyBits: Uint8Array
  /** The key's name in CMS where that gives no issuer (4.2.1.2); undefined if the certificate has none. */
  readonly subjectKeyIdentifier: Uint8Array | undefined
}

const subjectKeyIdentifier = '2.5.29.14'

const extension = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
} as const

/**
 * Extensions that may be critical without harm. Those of `extension` are evaluated. certificatePolicies asks for
 * nothing as long as no policy is demanded (RFC 5280 6.1.1 c: any-policy).
 */
const understood: ReadonlySet<string> = new Set([...Object.values(extension), '2.5.29.32'])

const emailAddressAttribute = '1.2.840.113549.1.9.1'

/**
 * An address as certificates and recipients are compared: in lower case. undefined for what no mail system would take: blanks, control characters, a second `@`, no domain.
 */
export function canonicalAddress(address: string): string | undefined {
  const at = address.lastIndexOf('@')
  const local = address.slice(0, at)
  const domain = address.slice(at + 1).toLowerCase()
  if (at < 1 || local.length > 64 || domain.length > 253) return undefined
  if (!/^[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]+$/.test(local)) return undefined
  if (!/^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/.test(domain)) return undefined
  // RFC 5321 2.4 leaves the case of a local part to its host; no host in use tells Bob from bob, and people write both.
  return `${local.toLowerCase()}@${domain}`
}

/** Reads one certificate, DER or PEM text. Throws MalformedDer or OpenSSL's error when it is none. */
export function readCertificate(encoded: string | Uint8Array): Certificate {
  const x509 = new X509Certificate(encoded)
  const der = x509.raw
  const [tbs, signatureAlgorithm] = childrenOf(readDer(der))
  if (!tbs || !signatureAlgorithm) throw new MalformedDer('not a certificate')
  const fields = childrenOf(tbs)
  // RFC 5280 4.1: version is [0] and may be absent; then serialNumber comes first.
  const first = fields[0]?.tag === 0xa0 ? 1 : 0
  const [serialNumber, , issuer, , subject, keyInfo] = fields.slice(first)
  const bits = keyInfo && childrenOf(keyInfo)[1]
  if (!serialNumber || !issuer || !subject || bits?.tag !== 0x03) throw new MalformedDer('not a certificate')
  const extensions = readExtensions(insideOf(fields.find((field) => field.tag === 0xa3)))
  const constraints = extensions.get(extension.basicConstraints)?.value
  const basic = constraints ? childrenOf(readDer(constraints)) : []
  const usage = extensions.get(extension.keyUsage)?.value
  const extended = extensions.get(extension.extendedKeyUsage)?.value
  const alternative = extensions.get(extension.subjectAltName)?.value
  const names = extensions.get(extension.nameConstraints)?.value
  const identifier = extensions.get(subjectKeyIdentifier)?.value
  return {
    pem: x509.toString(),
    x509,
    publicKey: x509.publicKey,
    fingerprint: createHash('sha256').update(der).digest('hex'),
    addresses: addressesOf(alternative, subject),
    notBefore: x509.validFromDate,
    notAfter: x509.validToDate,
    keyUsage: usage && readKeyUsage(readDer(usage)),
    extendedKeyUsage: extended && childrenOf(readDer(extended)).map(oidOf),
    isAuthority: basic[0]?.tag === 0x01 && basic[0].content[0] !== 0,
    pathLength: readPathLength(basic.find((element) => element.tag === 0x02)),
    selfIssued: Buffer.compare(issuer.encoded, subject.encoded) === 0,
    nameConstraints: names && readDer(names),
    unknownCritical: [...extensions]
      .filter(([oid, { critical }]) => critical && !understood.has(oid))
      .map(([oid]) => oid),
    signatureAlgorithm,
    issuer: issuer.encoded,
    serialNumber: serialNumber.encoded,
    subject: subject.encoded,
    publicKeyBits: bits.content.subarray(1),
    subjectKeyIdentifier: identifier && readDer(identifier).content,
  }
}

function readKeyUsage(bits: DerElement): ReadonlySet<KeyUsage> {
  if (bits.tag !== 0x03) throw new MalformedDer('broken keyUsage')
  const isSet = (bit: number) => ((bits.content[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0
  return new Set(keyUsages.filter((_, bit) => isSet(bit)))
}

function readPathLength(integer: DerElement | undefined): number | undefined {
  if (!integer) return undefined
  const [value] = integer.content
  // Nobody has chains of 128; a larger number would be as good as none, a negative one is nonsense.
  if (integer.content.length !== 1 || value === undefined || value > 127)
    throw new MalformedDer('odd path length')
  return value
}

/** The rfc822Names; only where there is none, the emailAddress of the subject (RFC 8550 3). */
function addressesOf(alternative: Uint8Array | undefined, subject: DerElement): readonly string[] {
  const written = alternative ? childrenOf(readDer(alternative)).filter((name) => name.tag === 0x81) : []
  const texts = written.length > 0 ? written : emailAddressesIn(subject)
  const addresses = texts.map((text) => canonicalAddress(Buffer.from(text.content).toString('latin1')))
  return [...new Set(addresses.filter((address) => address !== undefined))]
}

function emailAddressesIn(subject: DerElement): readonly DerElement[] {
  return childrenOf(subject)
    .flatMap(childrenOf)
    .map(childrenOf)
    .filter(([type]) => oidOf(type) === emailAddressAttribute)
    .flatMap(([, value]) => value ?? [])
}
