/** A peer that does not speak netstrings; the connection cannot be used any more. */
export class NotANetstring extends Error {}

/** The text as a netstring: length in decimal, colon, bytes, comma. */
export function netstring(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from(`${bytes.length}:`), bytes, Buffer.from(',')])
}

/**
 * Takes one netstring of at most `maxBytes` off the front of `received`; undefined until all of it has arrived.
 * Throws NotANetstring on anything else, before more of it is waited for.
 */
export function readNetstring(
  received: Buffer,
  maxBytes: number,
): { readonly payload: Buffer; readonly rest: Buffer } | undefined {
  const digits = String(maxBytes).length
  const colon = received.subarray(0, digits + 1).indexOf(':')
  const length = received.subarray(0, colon < 0 ? digits + 1 : colon).toString('latin1')
  if (colon < 0 && length.length <= digits && /^(|0|[1-9]\d*)$/.test(length)) return undefined
  if (colon < 0 || !/^(0|[1-9]\d*)$/.test(length)) throw new NotANetstring('no length at the start')
  const bytes = Number(length)
  if (bytes > maxBytes) throw new NotANetstring(`${bytes} bytes announced, ${maxBytes} are allowed`)
  const end = colon + 1 + bytes
  if (received.length <= end) return undefined
  if (received[end] !== 0x2c) throw new NotANetstring('no comma at the end')
  return { payload: received.subarray(colon + 1, end), rest: received.subarray(end + 1) }
}
