import type { Config, PartialConfig } from 'openpgp'

export type OpenPgpLibrary = typeof import('openpgp')

/** Loaded with the first use: most processes never see an OpenPGP message, and loading costs 70 ms. */
export function openPgpLibrary(): Promise<OpenPgpLibrary> {
  return import('openpgp')
}

/** Content of a message after decompression; the largest mail that Postfix usually takes, twice. */
const mostDecompressedBytes = 256 * 1024 * 1024

/** What differs from the library's own defaults, which are strict otherwise (no SHA-1 messages, no DSA, no ElGamal). */
export const openPgpSettings: PartialConfig = {
  showVersion: false,
  showComment: false,
  // Without a limit 51 KB become 50 MB and more.
  maxDecompressedMessageSize: mostDecompressedBytes,
  // 64 MiB, the second recommended choice of RFC 9580 3.7.1.4; a key file could ask for 1 TiB.
  maxArgon2MemoryExponent: 16,
  maxUserIDLength: 1024,
}

/** The same with all defaults, for those methods of the library that take nothing less. */
export function fullOpenPgpSettings({ config }: OpenPgpLibrary): Config {
  return { ...config, ...openPgpSettings }
}
