/** One packet: length (command byte included), command, data. */
export function writePacket(command: string, ...data: readonly Uint8Array[]): Buffer {
  const dataBytes = data.reduce((sum, piece) => sum + piece.length, 0)
  const packet = Buffer.allocUnsafe(5 + dataBytes)
  packet.writeUInt32BE(1 + dataBytes, 0)
  packet.writeUInt8(command.charCodeAt(0), 4)
  let at = 5
  for (const piece of data) {
    packet.set(piece, at)
    at += piece.length
  }
  return packet
}

/** A string as the protocol wants it: latin1, one byte per character, NUL at the end. */
export function nulTerminated(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'latin1')
}

/** An integer as the protocol wants it. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}
