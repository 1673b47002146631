import type { Certificate } from './certificate.ts'
import { childrenOf, type DerElement, readDer } from './read-der.ts'

/** Tags of GeneralName (RFC 5280 4.2.1.6). */
const rfc822Name = 0x81
const directoryName = 0xa4

/**
 * Whether the names of a certificate lie within the nameConstraints of an authority above it (RFC 5280 4.2.1.10).
 * Only what we go by counts: the addresses and the subject. Names for hosts, URIs and IP addresses are never used here.
 */
export function withinNameConstraints(constraints: DerElement, certificate: Certificate): boolean {
  const sides = childrenOf(constraints)
  const permitted = subtreesOf(sides.find((side) => side.tag === 0xa0))
  const excluded = subtreesOf(sides.find((side) => side.tag === 0xa1))
  if (!permitted || !excluded) return false
  return addressesWithin(permitted, excluded, certificate) && subjectWithin(permitted, excluded, certificate)
}

function addressesWithin(
  permitted: readonly DerElement[],
  excluded: readonly DerElement[],
  { addresses }: Certificate,
) {
  const allowed = permitted.filter((base) => base.tag === rfc822Name)
  const forbidden = excluded.filter((base) => base.tag === rfc822Name)
  return addresses.every(
    (address) =>
      (allowed.length === 0 || allowed.some((base) => covers(textOf(base), address))) &&
      !forbidden.some((base) => textOf(base) === '' || covers(textOf(base), address)),
  )
}

/** The names of `base` that one constraint stands for; undefined if it has parts that RFC 5280 forbids. */
function subtreesOf(side: DerElement | undefined): readonly DerElement[] | undefined {
  const bases: DerElement[] = []
  for (const subtree of side ? childrenOf(side) : []) {
    const [base, ...limits] = childrenOf(subtree)
    // minimum and maximum must be left out (RFC 5280 4.2.1.10); what they would mean is written nowhere.
    if (!base || limits.length > 0) return undefined
    bases.push(base)
  }
  return bases
}

/** A mailbox, a host (`example.org`: this domain only) or a domain (`.example.org`: everything below it). */
function covers(constraint: string, address: string): boolean {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const at = constraint.lastIndexOf('@')
  if (at >= 0) return address === constraint.slice(0, at + 1) + constraint.slice(at + 1).toLowerCase()
  if (constraint.startsWith('.')) return domain.endsWith(constraint.toLowerCase())
  return domain === constraint.toLowerCase()
}

/**
 * Directory names are compared byte for byte. That refuses a name in another spelling, which is safe where names are
 * permitted; where they are excluded it would let one through, so any such exclusion refuses.
 */
function subjectWithin(
  permitted: readonly DerElement[],
  excluded: readonly DerElement[],
  { subject }: Certificate,
) {
  if (excluded.some((base) => base.tag === directoryName)) return false
  const allowed = permitted.filter((base) => base.tag === directoryName)
  if (allowed.length === 0) return true
  const own = childrenOf(readDer(subject))
  return allowed.some((base) =>
    childrenOf(readDer(base.content)).every((part, index) => {
      const mine = own[index]
      return mine !== undefined && Buffer.compare(mine.encoded, part.encoded) === 0
    }),
  )
}

function textOf(base: DerElement): string {
  return Buffer.from(base.content).toString('latin1')
}
