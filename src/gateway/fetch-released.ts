import type { Storage } from '../storage/open-storage.ts'
import { ControlRefusal } from './calls/control-server.ts'
import type { FetchedPiece } from './calls/hold-calls.ts'

/** A multiple of three: its base64 has no padding, so pieces can be joined as text too. */
const pieceBytes = 3 * 1024 * 1024

export interface FetchParts {
  readonly storage: Pick<Storage, 'heldOriginals' | 'blobs' | 'audit'>
  readonly now: () => Date
}

/**
 * A piece of an original that was released and is kept, for whoever is named by `who`; the first piece is recorded. No
 * held and no locked original ever comes out here.
 */
export async function fetchReleased(
  { id, who, offset }: { readonly id: string; readonly who: string; readonly offset: number },
  { storage, now }: FetchParts,
): Promise<FetchedPiece> {
  const original = await storage.heldOriginals.find(id)
  if (original?.state !== 'released' || !original.keptUntil || original.keptUntil <= now())
    throw new ControlRefusal(`${id} is not a released original that is kept.`)
  if (offset >= original.bytes && offset > 0) throw new ControlRefusal(`${id} has ${original.bytes} bytes.`)
  // Recorded first: what is recorded and not read does no harm, the other way round it would.
  if (offset === 0) await storage.audit.append('fetched', id, { at: now(), who, reason: '' })
  await using content = await storage.blobs.open(original.blob)
  const end = Math.min(offset + pieceBytes, content.size)
  return {
    fileName: original.fileName,
    size: content.size,
    sha256: original.sha256,
    bytes: Buffer.from(content.read(offset, end)).toString('base64'),
    next: end < content.size ? end : null,
  }
}
