import { childrenOf, type DerElement, MalformedDer, oidOf, readDer } from '../../keys/x509/read-der.ts'
import type { RecipientIdentifier } from '../../keys/x509/recipient-identifier.ts'

export interface AlgorithmIdentifier {
  readonly oid: string
  readonly parameters: DerElement | undefined
}

/** One way to the content key: whose certificate, and how its private key opens it. */
export type Recipient = KeyTransportRecipient | KeyAgreementRecipient

/** RFC 5652 6.2.1: encrypted with the certificate's key itself. */
export interface KeyTransportRecipient {
  readonly kind: 'transport'
  readonly identifier: RecipientIdentifier
  readonly algorithm: AlgorithmIdentifier
  readonly encryptedKey: Uint8Array
}

/** RFC 5652 6.2.2: wrapped with what this key and the sender's agree on. */
export interface KeyAgreementRecipient {
  readonly kind: 'agreement'
  readonly identifier: RecipientIdentifier
  readonly algorithm: AlgorithmIdentifier
  readonly encryptedKey: Uint8Array
  /** The sender's public key made for this message; undefined if the message only names a certificate. */
  readonly originatorKey: Uint8Array | undefined
  readonly keyingMaterial: Uint8Array | undefined
}

/**
 * The recipients of one RecipientInfo. Those by password, by shared key and of kinds that are not known give nothing.
 * Throws MalformedDer.
 */
export function readRecipients(info: DerElement): readonly Recipient[] {
  switch (info.tag) {
    case 0x30:
      return keyTransport(info)
    case 0xa1:
      return keyAgreement(info)
  }
  return []
}

export function readAlgorithm(element: DerElement | undefined): AlgorithmIdentifier {
  if (element?.tag !== 0x30) throw new MalformedDer('an algorithm was expected')
  const [oid, parameters] = childrenOf(element)
  return { oid: oidOf(oid), parameters }
}

/** The content of the element, which must have this tag. */
export function contentOf(element: DerElement | undefined, tag: number): Uint8Array {
  if (element?.tag !== tag) throw new MalformedDer(`tag ${tag.toString(16)} was expected`)
  return element.content
}

function keyTransport(info: DerElement): readonly Recipient[] {
  const [, named, algorithm, encryptedKey] = childrenOf(info)
  const identifier = namedIn(named, 0x80)
  return [
    {
      kind: 'transport',
      identifier,
      algorithm: readAlgorithm(algorithm),
      encryptedKey: contentOf(encryptedKey, 0x04),
    },
  ]
}

function keyAgreement(info: DerElement): readonly Recipient[] {
  const [, originator, ...rest] = childrenOf(info)
  const [material] = rest
  const hasMaterial = material?.tag === 0xa1
  const [algorithm, keys] = hasMaterial ? rest.slice(1) : rest
  const common = {
    kind: 'agreement',
    algorithm: readAlgorithm(algorithm),
    originatorKey: originatorKeyIn(readDer(contentOf(originator, 0xa0))),
    keyingMaterial: hasMaterial ? contentOf(readDer(material.content), 0x04) : undefined,
  } as const
  if (keys?.tag !== 0x30) throw new MalformedDer('recipients were expected')
  return childrenOf(keys).map((key) => {
    const [named, encryptedKey] = childrenOf(key)
    return { ...common, identifier: namedIn(named, 0xa0), encryptedKey: contentOf(encryptedKey, 0x04) }
  })
}

/** `keyIdentifierTag`: a bare key identifier in KeyTrans, in KeyAgree the first field of a structure. */
function namedIn(named: DerElement | undefined, keyIdentifierTag: 0x80 | 0xa0): RecipientIdentifier {
  if (named?.tag === 0x30) {
    const [issuer, serialNumber] = childrenOf(named)
    if (!issuer || serialNumber?.tag !== 0x02) throw new MalformedDer('a certificate was expected')
    return {
      kind: 'issuerAndSerialNumber',
      issuer: issuer.encoded,
      serialNumber: serialNumber.encoded,
    }
  }
  if (named?.tag !== keyIdentifierTag) throw new MalformedDer('a recipient without name')
  const keyIdentifier = named.tag === 0x80 ? named.content : contentOf(childrenOf(named)[0], 0x04)
  return { kind: 'subjectKeyIdentifier', keyIdentifier }
}

/** OriginatorPublicKey (RFC 5652 6.2.2): the bits alone, since the curve can only be that of the recipient's key. */
function originatorKeyIn(originator: DerElement): Uint8Array | undefined {
  if (originator.tag !== 0xa1) return undefined
  const bits = contentOf(childrenOf(originator)[1], 0x03)
  if (bits[0] !== 0) throw new MalformedDer('a public key of odd bits')
  return bits.subarray(1)
}
