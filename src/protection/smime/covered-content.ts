import { createHash, createVerify, type KeyObject } from 'node:crypto'
import type { SignatureWay } from '../../keys/x509/verify-signature.ts'
import type { ByteSource } from '../../message/byte-source.ts'
import { withLineEnds } from '../../message/line-findings.ts'
import type { DigestName } from './algorithms.ts'
import { BerReader, MalformedBer } from './ber-reader.ts'

/** What signatures are compared with, digested as often as needed and no more. */
export interface CoveredContent {
  /** Whether it has this digest. */
  hasDigest(digest: DigestName, expected: Uint8Array): Promise<boolean>
  /** Whether `key` signed it directly, without attributes. */
  isSignedBy(way: SignatureWay, key: KeyObject, signature: Uint8Array): Promise<boolean>
  /** Whether it is one SET: signed attributes of another signature could be shown as a content of their own. */
  looksLikeAttributes(): boolean
}

/**
 * @param isDetached then the text may have lost its line ends on the way, and counts with CRLF as well (RFC 8551 3.1.1)
 */
export function coveredContent(content: ByteSource, isDetached: boolean): CoveredContent {
  const forms = isDetached ? [asItIs, withLineEnds] : [asItIs]
  const known = new Map<string, Promise<Buffer>>()
  return {
    async hasDigest(digest, expected) {
      for (const [index, form] of forms.entries()) {
        const key = `${digest} ${index}`
        const computed = known.get(key) ?? digestOf(form(content.stream()), digest)
        known.set(key, computed)
        if ((await computed).equals(expected)) return true
      }
      return false
    },
    async isSignedBy({ hash, options }, key, signature) {
      // RFC 8419 3.1: Ed25519 signs the content itself, all of which would have to be in memory.
      if (hash === undefined) return false
      for (const form of forms) {
        const verifier = createVerify(hash)
        for await (const piece of form(content.stream())) verifier.update(piece)
        try {
          if (verifier.verify({ key, ...options }, signature)) return true
        } catch {
          // OpenSSL throws for signatures of impossible form; then it is none.
          return false
        }
      }
      return false
    },
    looksLikeAttributes() {
      try {
        const element = new BerReader(content).peek()
        return element?.tag === 0x31 && (element.end === undefined || element.end === content.size)
      } catch (error) {
        if (error instanceof MalformedBer) return false
        throw error
      }
    },
  }
}

async function digestOf(pieces: AsyncIterable<Uint8Array>, digest: DigestName): Promise<Buffer> {
  const hash = createHash(digest)
  for await (const piece of pieces) hash.update(piece)
  return hash.digest()
}

function asItIs(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return pieces
}
