import { derHead } from '../../keys/x509/write-der.ts'

/** The beginning of an element whose content is `front` and `streamed` bytes that follow later. */
export function streamedElement(tag: number, front: Uint8Array, streamed: number): Buffer {
  return Buffer.concat([derHead(tag, front.length + streamed), front])
}
