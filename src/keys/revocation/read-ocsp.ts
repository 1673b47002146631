import { childrenOf, type DerElement, MalformedDer, oidOf, readDer } from '../x509/read-der.ts'
import { type Extension, insideOf, readExtensions } from '../x509/read-extensions.ts'
import { readTime } from '../x509/read-time.ts'

/** One certificate is asked for; an answer of more is none to our question. */
export const maxOcspBytes = 64 * 1024
/** RFC 6960 4.2.2.2: one delegate. Some send its issuer along. */
const maxCertificates = 4

/** An answer as it is written (RFC 6960 4.2.1); nothing of it is believed yet. */
export interface OcspResponse {
  readonly signedBytes: Uint8Array
  readonly signatureAlgorithm: DerElement
  readonly signature: Uint8Array
  /** DER of the certificates that came along. */
  readonly certificates: readonly Uint8Array[]
  readonly responses: readonly SingleResponse[]
  readonly extensions: ReadonlyMap<string, Extension>
}

export interface SingleResponse {
  readonly certId: CertId
  readonly status:
    | { readonly kind: 'good' | 'unknown' }
    | { readonly kind: 'revoked'; readonly revokedAt: Date; readonly reason: number | undefined }
  readonly thisUpdate: Date
  readonly nextUpdate: Date | undefined
  readonly extensions: ReadonlyMap<string, Extension>
}

export interface CertId {
  readonly hash: string
  readonly issuerName: Uint8Array
  readonly issuerKey: Uint8Array
  /** DER of the INTEGER, as `Certificate.serialNumber`. */
  readonly serialNumber: Uint8Array
}

const basicResponse = '1.3.6.1.5.5.7.48.1.1'
/** OCSPResponseStatus by its number. */
const statuses: readonly (string | undefined)[] = [
  'successful',
  'malformed request',
  'internal error',
  'try later',
  undefined,
  'signature required',
  'unauthorized',
]

/** Reads an OCSPResponse in DER; the responder's refusal is a text. Throws MalformedDer. */
export function readOcspResponse(bytes: Uint8Array): OcspResponse | string {
  if (bytes.length > maxOcspBytes) throw new MalformedDer('an OCSP response that is too large')
  const [status, wrapped] = childrenOf(readDer(bytes))
  const code = status?.tag === 0x0a ? status.content[0] : undefined
  if (code !== 0) return statuses[code ?? -1] ?? 'an answer that is none'
  const [kind, content] = wrapped ? childrenOf(readDer(wrapped.content)) : []
  if (oidOf(kind) !== basicResponse || content?.tag !== 0x04) throw new MalformedDer('no basic response')
  const [signed, signatureAlgorithm, signature, certificates] = childrenOf(readDer(content.content))
  if (signed?.tag !== 0x30 || !signatureAlgorithm || signature?.tag !== 0x03)
    throw new MalformedDer('not a basic response')
  const fields = [...childrenOf(signed)]
  // version [0], responderID [1] or [2], producedAt.
  if (fields[0]?.tag === 0xa0) fields.shift()
  const responses = fields[2]
  if (responses?.tag !== 0x30) throw new MalformedDer('no responses')
  return {
    signedBytes: signed.encoded,
    signatureAlgorithm,
    signature: signature.content.subarray(1),
    certificates: certificatesIn(certificates),
    responses: childrenOf(responses).map(readSingle),
    extensions: readExtensions(insideOf(fields.find(({ tag }, index) => index > 2 && tag === 0xa1))),
  }
}

function certificatesIn(field: DerElement | undefined): readonly Uint8Array[] {
  if (!field) return []
  return childrenOf(readDer(field.content))
    .slice(0, maxCertificates)
    .map(({ encoded }) => encoded)
}

function readSingle(element: DerElement): SingleResponse {
  const [certId, status, thisUpdate, ...rest] = childrenOf(element)
  const next = rest.find(({ tag }) => tag === 0xa0)
  return {
    certId: readCertId(certId),
    status: readStatus(status),
    thisUpdate: readTime(thisUpdate),
    nextUpdate: next && readTime(readDer(next.content)),
    extensions: readExtensions(insideOf(rest.find(({ tag }) => tag === 0xa1))),
  }
}

function readCertId(element: DerElement | undefined): CertId {
  const [algorithm, issuerName, issuerKey, serialNumber] = element ? childrenOf(element) : []
  if (!algorithm || !issuerName || !issuerKey || serialNumber?.tag !== 0x02)
    throw new MalformedDer('not a CertID')
  return {
    hash: oidOf(childrenOf(algorithm)[0]),
    issuerName: issuerName.content,
    issuerKey: issuerKey.content,
    serialNumber: serialNumber.encoded,
  }
}

function readStatus(element: DerElement | undefined): SingleResponse['status'] {
  switch (element?.tag) {
    case 0x80:
      return { kind: 'good' }
    case 0xa1: {
      const [revokedAt, reason] = childrenOf(element)
      return {
        kind: 'revoked',
        revokedAt: readTime(revokedAt),
        reason: reason && readDer(reason.content).content[0],
      }
    }
    case 0x82:
      return { kind: 'unknown' }
    default:
      throw new MalformedDer('no status of a certificate')
  }
}
