import { type Certificate, readCertificate } from '../../keys/x509/certificate.ts'
import { childrenOf, type DerElement, MalformedDer, oidOf, readDer } from '../../keys/x509/read-der.ts'
import type { RecipientIdentifier } from '../../keys/x509/recipient-identifier.ts'
import type { ByteSource, Workspace } from '../../message/byte-source.ts'
import { BerReader } from './ber-reader.ts'

/** More than mail has; each costs. */
const maxCertificates = 32
const maxCertificateBytes = 256 * 1024
const maxSigners = 8
/** A SignerInfo with a time stamp among its unsigned attributes has about 10 KiB. */
const maxSignerBytes = 64 * 1024

/** More signers or certificates than any mail has. */
export class TooMuchSigned extends Error {}

/** One SignerInfo (RFC 5652 5.3), nothing of it checked. */
export interface SignerInfo {
  readonly identifier: RecipientIdentifier
  readonly digestAlgorithm: DerElement
  /** Of the [0] signedAttrs, in their order; undefined if there are none. */
  readonly attributes: readonly DerElement[] | undefined
  /** What the signature is over, if there are attributes: they as a SET (5.4). */
  readonly signedBytes: Uint8Array | undefined
  readonly signatureAlgorithm: DerElement
  readonly signature: Uint8Array
}

export interface SignedDataParts {
  /** In dotted form. */
  readonly contentType: string
  readonly content: ByteSource | undefined
  readonly certificates: readonly Certificate[]
  readonly signerInfos: readonly SignerInfo[]
}

const signedData = '1.2.840.113549.1.7.2'

/**
 * Takes a SignedData apart (RFC 5652 5.1), in DER or BER. Throws MalformedBer, MalformedDer or TooMuchSigned. Attributes
 * are put into DER, as RFC 5652 5.4 wants it, but for their order: programs sign the order that they send.
 */
export async function readSignedData(cms: ByteSource, workspace: Workspace): Promise<SignedDataParts> {
  const reader = new BerReader(cms)
  reader.enter(0x30)
  if (readOid(reader) !== signedData) throw new MalformedDer('not SignedData')
  reader.enter(0xa0)
  reader.enter(0x30)
  reader.skip() // version
  reader.skip() // digestAlgorithms: each SignerInfo says its own
  reader.enter(0x30)
  const contentType = readOid(reader)
  const content = reader.peek() ? await readContent(reader, workspace) : undefined
  reader.leave()
  const certificates = reader.peek()?.tag === 0xa0 ? readCertificates(reader) : []
  if (reader.peek()?.tag === 0xa1) reader.skip() // revocation lists: ours are asked for
  const signerInfos = readSignerInfos(reader)
  reader.leave()
  reader.leave()
  reader.leave()
  return { contentType, content, certificates, signerInfos }
}

function readOid(reader: BerReader): string {
  return oidOf(readDer(reader.der(64)))
}

async function readContent(reader: BerReader, workspace: Workspace): Promise<ByteSource> {
  reader.enter(0xa0)
  const content = await workspace.collect(reader.octets(0x04).stream())
  reader.leave()
  return content
}

function readCertificates(reader: BerReader): readonly Certificate[] {
  const certificates: Certificate[] = []
  let bytes = 0
  let count = 0
  reader.enter(0xa0)
  for (let element = reader.peek(); element; element = reader.peek()) {
    const size = element.end === undefined ? 0 : element.end - element.contentStart
    count += 1
    if (count > maxCertificates || bytes + size > maxCertificateBytes) {
      throw new TooMuchSigned('more certificates than a mail has')
    }
    const encoded = reader.der(maxCertificateBytes)
    bytes += encoded.length
    // RFC 5652 10.2.2: attribute certificates and others stand under tags of their own.
    if (element.tag === 0x30) certificates.push(...readable(encoded))
  }
  reader.leave()
  return certificates
}

/** One broken certificate among others is no reason to know no signer. */
function readable(encoded: Uint8Array): readonly Certificate[] {
  try {
    return [readCertificate(encoded)]
  } catch {
    return []
  }
}

function readSignerInfos(reader: BerReader): readonly SignerInfo[] {
  const signers: SignerInfo[] = []
  reader.enter(0x31)
  while (reader.peek()) {
    if (signers.length === maxSigners) throw new TooMuchSigned('more signers than a mail has')
    signers.push(readSignerInfo(readDer(reader.der(maxSignerBytes))))
  }
  reader.leave()
  return signers
}

function readSignerInfo(info: DerElement): SignerInfo {
  const [version, identifier, digestAlgorithm, ...rest] = childrenOf(info)
  const attributes = rest[0]?.tag === 0xa0 ? rest.shift() : undefined
  const [signatureAlgorithm, signature, unsigned, ...more] = rest
  if (info.tag !== 0x30 || version?.tag !== 0x02 || signature?.tag !== 0x04) {
    throw new MalformedDer('not a SignerInfo')
  }
  if (!identifier || digestAlgorithm?.tag !== 0x30 || signatureAlgorithm?.tag !== 0x30) {
    throw new MalformedDer('not a SignerInfo')
  }
  if ((unsigned && unsigned.tag !== 0xa1) || more.length > 0) throw new MalformedDer('not a SignerInfo')
  return {
    identifier: readIdentifier(identifier),
    digestAlgorithm,
    attributes: attributes && childrenOf(attributes),
    signedBytes: attributes && Buffer.concat([Buffer.from([0x31]), attributes.encoded.subarray(1)]),
    signatureAlgorithm,
    signature: signature.content,
  }
}

function readIdentifier(identifier: DerElement): RecipientIdentifier {
  if (identifier.tag === 0x80) return { kind: 'subjectKeyIdentifier', keyIdentifier: identifier.content }
  if (identifier.tag !== 0x30) throw new MalformedDer('not a SignerIdentifier')
  return readIssuerAndSerialNumber(identifier.content)
}

/** IssuerAndSerialNumber (RFC 5652 10.2.4) from what stands in it. */
export function readIssuerAndSerialNumber(content: Uint8Array): RecipientIdentifier {
  const [issuer, serialNumber] = childrenOf({ tag: 0x30, encoded: content, content })
  if (!issuer || serialNumber?.tag !== 0x02) throw new MalformedDer('not a name and a number')
  return { kind: 'issuerAndSerialNumber', issuer: issuer.encoded, serialNumber: serialNumber.encoded }
}
