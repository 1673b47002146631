import { createHash, type Hash } from 'node:crypto'
import type { ByteSource } from '../message/byte-source.ts'
import type { OfficeKind } from '../message/facts.ts'
import type { Blobs } from '../storage/blobs.ts'
import type { HeldOriginal, HeldOriginals } from '../storage/held-originals.ts'
import type { ObservedClock } from './observed-clock.ts'

/** The message that an original came with. */
export interface HoldingMessage {
  readonly recipients: readonly string[]
  readonly sender: string
  readonly author: string | undefined
  readonly messageId: string
  /** SHA-256 of the message as it came, in hex. */
  readonly digest: string
}

/** An Office file as it was attached, decoded. `path` leads to its part, by child indexes from the root. */
export interface Original {
  readonly path: readonly number[]
  readonly fileName: string
  readonly office: OfficeKind
  readonly content: ByteSource
}

export interface HoldingParts {
  readonly held: HeldOriginals
  readonly blobs: Blobs
  readonly observed: ObservedClock
}

/**
 * Takes originals into custody: sealed, on the medium and recorded when the promise resolves, so before the mail is
 * accepted. `hold` in milliseconds. A deferred client that comes again finds what was held the first time, with the
 * first deadline. What is sealed but not recorded when we crash is an orphan, see createOrphanSweep.
 */
export async function holdOriginals(
  message: HoldingMessage,
  originals: readonly Original[],
  {
    scan,
    hold,
    now,
  }: { readonly scan: HeldOriginal['firstScan']; readonly hold: number; readonly now: Date },
  { held, blobs, observed }: HoldingParts,
): Promise<HeldOriginal[]> {
  // What other nodes have observed counts too; a hold that starts on an old count would end early elsewhere.
  await observed.tick()
  const kept: HeldOriginal[] = []
  for (const { path, fileName, office, content } of originals) {
    const id = heldOriginalId(message, path)
    const earlier = await held.find(id)
    if (earlier) {
      kept.push(earlier)
      continue
    }
    const hash = createHash('sha256')
    const blob = await blobs.put(hashed(content.stream(), hash))
    const original: HeldOriginal = {
      id,
      recipients: message.recipients,
      sender: message.sender,
      author: message.author,
      messageId: message.messageId,
      digest: message.digest,
      sha256: hash.digest('hex'),
      fileName,
      office,
      bytes: content.size,
      blob,
      firstScan: scan,
      secondScan: undefined,
      heldAt: now,
      releaseAt: new Date(now.getTime() + hold),
      releaseObserved: Math.ceil(observed.now() + hold),
      earlyRelease: undefined,
      state: 'held',
      settledAt: undefined,
      keptUntil: undefined,
      note: '',
    }
    if (await held.add(original)) kept.push(original)
    else {
      // The same mail on another connection or node was faster: its record names its own blob.
      await blobs.remove(original.blob)
      kept.push((await held.find(id)) ?? original)
    }
  }
  return kept
}

async function* hashed(bytes: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    hash.update(piece)
    yield piece
  }
}

const crockford = '0123456789abcdefghjkmnpqrstvwxyz'
/** 26 characters of 5 bits. */
const idBits = 130

/** The same recipients, message and place in it give the same id, so that nothing is held twice. */
export function heldOriginalId({ recipients, digest }: HoldingMessage, path: readonly number[]): string {
  const key = [recipients.map((recipient) => recipient.toLowerCase()).sort(), digest, path]
  const bits =
    BigInt(`0x${createHash('sha256').update(JSON.stringify(key)).digest('hex')}`) >> BigInt(256 - idBits)
  return Array.from(
    { length: idBits / 5 },
    (_, at) => crockford[Number((bits >> BigInt(idBits - 5 - 5 * at)) & 31n)],
  ).join('')
}
