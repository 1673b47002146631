/** What a CMS file says it is (RFC 5652 3); `other` for types that mail does not use. */
export type CmsType = 'enveloped' | 'signed' | 'compressed' | 'other'

// The object identifiers with their tag and length.
const types: readonly (readonly [oid: string, type: CmsType])[] = [
  ['06092a864886f70d010703', 'enveloped'],
  ['060b2a864886f70d0109100117', 'enveloped'], // AuthEnvelopedData, RFC 5083
  ['06092a864886f70d010702', 'signed'],
  ['060b2a864886f70d0109100109', 'compressed'], // RFC 3274
]

/** Bytes of a file that `cmsTypeOf` looks at. */
export const cmsHeadBytes = 32

/**
 * What `head`, the first bytes of a file, begins: smime-type and Content-Type are words of the sender, these bytes are
 * what programs act on. undefined for what is no CMS in BER.
 */
export function cmsTypeOf(head: Uint8Array): CmsType | undefined {
  const first = head[1]
  if (head[0] !== 0x30 || first === undefined) return undefined
  // X.690 8.1.3: length in one byte, in up to four behind it, or until the end.
  const lengthBytes = first <= 0x80 ? 0 : first & 0x7f
  if (lengthBytes > 4) return undefined
  const rest = Buffer.from(head.subarray(2 + lengthBytes)).toString('hex')
  const found = types.find(([oid]) => rest.startsWith(oid))
  if (found) return found[1]
  return rest.startsWith('06') ? 'other' : undefined
}
