import { childrenOf, type DerElement, MalformedDer, readDer } from '../x509/read-der.ts'
import { type Extension, insideOf, readExtensions } from '../x509/read-extensions.ts'
import { readTime } from '../x509/read-time.ts'

/** The largest lists of public authorities have some megabytes. */
export const maxCrlBytes = 16 * 1024 * 1024

/** A certificate revocation list as it is written (RFC 5280 5.1); nothing of it is believed yet. */
export interface Crl {
  /** What the signature is over. */
  readonly signedBytes: Uint8Array
  readonly signatureAlgorithm: DerElement
  readonly signature: Uint8Array
  /** DER of the name, as `Certificate.issuer`. */
  readonly issuer: Uint8Array
  readonly thisUpdate: Date
  readonly nextUpdate: Date | undefined
  readonly extensions: ReadonlyMap<string, Extension>
  /** The entries, one behind the other: there may be a million, so no objects are made of them. */
  readonly entries: Uint8Array
}

export interface RevokedEntry {
  readonly revokedAt: Date
  readonly reason: number | undefined
}

const reasonCode = '2.5.29.21'

/** Reads the frame of a list in DER. Throws MalformedDer. */
export function readCrl(bytes: Uint8Array): Crl {
  if (bytes.length > maxCrlBytes) throw new MalformedDer('a revocation list that is too large')
  const list = readDer(bytes)
  const [tbs, signatureAlgorithm, signature] = childrenOf(list)
  if (list.tag !== 0x30 || tbs?.tag !== 0x30 || !signatureAlgorithm || signature?.tag !== 0x03)
    throw new MalformedDer('not a revocation list')
  const fields = [...childrenOf(tbs)]
  // version is absent in lists of version 1.
  if (fields[0]?.tag === 0x02) fields.shift()
  const [innerAlgorithm, issuer, thisUpdate] = fields
  if (issuer?.tag !== 0x30 || !innerAlgorithm) throw new MalformedDer('not a revocation list')
  // RFC 5280 5.1.1.2: both are the same.
  if (Buffer.compare(innerAlgorithm.encoded, signatureAlgorithm.encoded) !== 0)
    throw new MalformedDer('two signature algorithms')
  const rest = fields.slice(3)
  const nextUpdate = rest[0]?.tag === 0x17 || rest[0]?.tag === 0x18 ? rest.shift() : undefined
  const entries = rest[0]?.tag === 0x30 ? rest.shift() : undefined
  const extensions = rest[0]?.tag === 0xa0 ? rest.shift() : undefined
  if (rest.length > 0) throw new MalformedDer('odd fields in a revocation list')
  return {
    signedBytes: tbs.encoded,
    signatureAlgorithm,
    signature: signature.content.subarray(1),
    issuer: issuer.encoded,
    thisUpdate: readTime(thisUpdate),
    nextUpdate: nextUpdate && readTime(nextUpdate),
    extensions: readExtensions(insideOf(extensions)),
    entries: entries?.content ?? new Uint8Array(0),
  }
}

/** The entry of a certificate by its serialNumber (DER of the INTEGER); undefined if the list has none. */
export function findRevoked({ entries }: Crl, serialNumber: Uint8Array): RevokedEntry | undefined {
  for (let at = 0; at < entries.length; ) {
    if (entries[at] !== 0x30) throw new MalformedDer('an entry was expected')
    let length = entries[at + 1] ?? Number.NaN
    let start = at + 2
    if (length >= 0x80) {
      // An entry has some forty bytes; two bytes of length are plenty.
      if (length > 0x82) throw new MalformedDer('an entry that is too large')
      const isLong = length === 0x82
      length = entries[start] ?? Number.NaN
      if (isLong) length = length * 256 + (entries[start + 1] ?? Number.NaN)
      start += isLong ? 2 : 1
    }
    const end = start + length
    // Not so either where a length is missing and all this is NaN.
    if (!(end <= entries.length)) throw new MalformedDer('an entry ends early')
    if (beginsWith(entries, start, serialNumber)) return readEntry(readDer(entries.subarray(at, end)))
    at = end
  }
  return undefined
}

function beginsWith(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  // Serial numbers differ in their last bytes: from behind, most comparisons are short.
  for (let index = wanted.length - 1; index >= 0; index--) {
    if (bytes[start + index] !== wanted[index]) return false
  }
  return true
}

function readEntry(entry: DerElement): RevokedEntry {
  const [, revokedAt, extensions] = childrenOf(entry)
  const reason = readExtensions(extensions).get(reasonCode)?.value
  return { revokedAt: readTime(revokedAt), reason: reason && readDer(reason).content[0] }
}
