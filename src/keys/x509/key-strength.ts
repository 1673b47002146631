import type { KeyObject } from 'node:crypto'

/** Curves that node:crypto and mail programs share, by OpenSSL's names; the Brainpool ones are common in Germany. */
const curves = new Set([
  'prime256v1',
  'secp384r1',
  'secp521r1',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
])

/** Whether we can sign with this kind of key or encrypt to it: RSA, or an elliptic curve known by name. */
export function isSupportedKey(key: KeyObject): boolean {
  switch (key.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
    case 'ed25519':
    case 'x25519':
      return true
    case 'ec':
      return curves.has(key.asymmetricKeyDetails?.namedCurve ?? '')
    default:
      // Ed448 and X448 (RFC 8419, 8418) would need SHAKE256; DSA and DH are of the past.
      return false
  }
}

/** Why a key is not to be relied on; undefined if it may be. */
export function keyWeakness(key: KeyObject): string | undefined {
  if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'rsa-pss') return undefined
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  const exponent = key.asymmetricKeyDetails?.publicExponent ?? 0n
  if (bits < 2048) return `RSA key of ${bits} bits, at least 2048 are needed`
  // OpenSSL verifies nothing larger; and the cost grows with the cube.
  if (bits > 16384) return `RSA key of ${bits} bits, at most 16384 are taken`
  if (exponent < 3n || exponent > 0xffffffffffffffffn) return 'RSA key with an odd exponent'
  return undefined
}
