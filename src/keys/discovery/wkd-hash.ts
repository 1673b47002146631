import { createHash } from 'node:crypto'

/** z-base-32 by Zooko O'Whielacronx, as WKD wants it (draft-koch-openpgp-webkey-service, 3.1). */
const alphabet = 'ybndrfg8ejkmcpqxot1uwisza345h769'

/** The name under which a web key directory holds the keys of a local part: 32 characters. */
export function wkdHash(local: string): string {
  // Only ASCII is mapped to lower case (draft, 3.1).
  const lower = local.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
  return zBase32(createHash('sha1').update(lower).digest())
}

/** Five bits for each character, most significant first; the last one is filled up with zeros. */
export function zBase32(bytes: Uint8Array): string {
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet.charAt((held >> bits) & 31)
    }
  }
  return bits > 0 ? text + alphabet.charAt((held << (5 - bits)) & 31) : text
}
