import { MailFailure } from '../../failure.ts'
import { armorBlocks } from '../../keys/openpgp/openpgp-armor.ts'
import { openPgpLibrary, openPgpSettings } from '../../keys/openpgp/openpgp-library.ts'
import type { ByteSource } from '../../message/byte-source.ts'
import { findInLines, withLineEnds } from '../../message/line-findings.ts'
import {
  type CheckedSignature,
  checkSignatures,
  mostSignatures,
  verificationKeysOf,
  withSkew,
} from './check-signatures.ts'
import { fromStream, streamOf } from './library-streams.ts'
import { unlessStalled } from './unless-stalled.ts'

/** Eight RSA-8192 signatures with notations, armored, have 20 KB. */
const longestSignature = 64 * 1024

/** A signature that cannot be read: nobody's, and of nothing. */
const unreadable: CheckedSignature = {
  keyId: '',
  problem: 'altered',
  signer: undefined,
  signedAt: undefined,
}

/**
 * Checks a signature that stands beside what it covers (RFC 3156 5): the bytes as they came and, if they do not fit and have
 * lines ending in LF, with CRLF, which is how they were signed. `signature` armored or binary. At least one result, and
 * none of them good if the signature cannot be read. Fails only for reasons of our own.
 */
export async function verifyDetached(
  covered: ByteSource,
  signature: ByteSource,
  verificationKeys: readonly string[],
  at: Date,
): Promise<readonly CheckedSignature[]> {
  const binarySignature = signaturePackets(signature)
  if (!binarySignature) return [unreadable]
  const asItCame = await verifyPieces(covered.stream(), binarySignature, verificationKeys, at)
  if (!asItCame.some(({ problem }) => problem === 'altered')) return asItCame
  if (!(await findInLines(covered.stream())).bareFeed) return asItCame
  return verifyPieces(withLineEnds(covered.stream()), binarySignature, verificationKeys, at)
}

function signaturePackets(signature: ByteSource): Uint8Array | undefined {
  if (signature.size > longestSignature) return undefined
  const bytes = signature.read(0, signature.size)
  if (((bytes[0] ?? 0) & 0x80) !== 0) return bytes
  // Two blocks: programs would disagree about which one counts.
  const [block, ...more] = armorBlocks(bytes).filter(
    ({ label }) => label === 'SIGNATURE' || label === 'MESSAGE',
  )
  return more.length > 0 ? undefined : block?.content
}

/** The signatures of `binarySignature`, held against the bytes of `pieces`. */
export async function verifyPieces(
  pieces: AsyncIterable<Uint8Array>,
  binarySignature: Uint8Array,
  verificationKeys: readonly string[],
  at: Date,
): Promise<readonly CheckedSignature[]> {
  const library = await openPgpLibrary()
  const keys = await verificationKeysOf(verificationKeys, library, at)
  const config = { ...openPgpSettings }
  try {
    const signature = await library.readSignature({ binarySignature, config })
    if (signature.packets.length > mostSignatures) return [unreadable]
    return await unlessStalled(async (progress) => {
      const { signatures, data } = await library.verify({
        message: await library.createMessage({ binary: streamOf(pieces) }),
        signature,
        verificationKeys: keys.map(({ key }) => key),
        format: 'binary',
        date: withSkew(at),
        config,
      })
      // The library hashes what is read.
      for await (const _ of fromStream(data)) progress()
      const checked = await checkSignatures(signatures, keys)
      return checked.length > 0 ? checked : [unreadable]
    })
  } catch (error) {
    for (let inner = error; inner instanceof Error; inner = inner.cause) {
      if (inner instanceof MailFailure) throw inner
    }
    return [unreadable]
  }
}
