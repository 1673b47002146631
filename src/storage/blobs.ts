import type { ByteSource } from '../message/byte-source.ts'

/** Files in our custody, sealed with AES-256-GCM in chunks. Ids are random; names of people never become paths. */
export interface Blobs {
  /** Sealed, written, fsynced and renamed before the promise resolves. Returns the blob's id. */
  put(bytes: AsyncIterable<Uint8Array>): Promise<string>
  /** Opened and verified in full before a byte is given out. Closing removes the opened copy. */
  open(id: string): Promise<ByteSource & AsyncDisposable>
  remove(id: string): Promise<void>
  ids(): AsyncIterable<string>
}
