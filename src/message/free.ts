/**
 * Gives the memory of a piece back at once, if the piece has a buffer to itself; nobody may hold it any more. The garbage
 * collector alone lets some 64 MiB of pieces pile up, in each thread.
 */
export function free(piece: Uint8Array): void {
  const { buffer } = piece
  if (buffer instanceof ArrayBuffer && buffer.byteLength === piece.byteLength) buffer.transfer(0)
}
