import { childrenOf, type DerElement, MalformedDer, oidOf, readDer } from './read-der.ts'

export interface Extension {
  readonly critical: boolean
  /** The DER inside extnValue. */
  readonly value: Uint8Array
}

/** The Extensions of certificates, revocation lists and OCSP (RFC 5280 4.1), by dotted name; `field` is their SEQUENCE. */
export function readExtensions(field: DerElement | undefined): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>()
  if (!field) return extensions
  for (const item of childrenOf(field)) {
    const [name, ...rest] = childrenOf(item)
    const oid = oidOf(name)
    const value = rest.at(-1)
    if (value?.tag !== 0x04) throw new MalformedDer('extension without value')
    // RFC 5280 4.2: no extension twice. Readers differ on which one counts.
    if (extensions.has(oid)) throw new MalformedDer(`extension ${oid} occurs twice`)
    extensions.set(oid, { critical: rest[0]?.tag === 0x01 && rest[0].content[0] !== 0, value: value.content })
  }
  return extensions
}

/** What lies inside an explicit tag such as [3] of a certificate. */
export function insideOf(field: DerElement | undefined): DerElement | undefined {
  return field && readDer(field.content)
}
