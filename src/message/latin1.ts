/** Bytes as text, one character for each byte: the form in which header fields are kept. */
export function latin1(bytes: Uint8Array): string {
  let text = ''
  // In pieces, because arguments of a call live on the stack.
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return text
}

/** The bytes of such text. Characters above U+00FF have no byte and are a mistake of the caller. */
export function latin1Bytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code > 0xff) throw new RangeError('Text beyond latin1 where bytes are wanted')
    bytes[at] = code
  }
  return bytes
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const windows1252 = new TextDecoder('windows-1252')

/** Text of raw 8-bit header bytes: UTF-8 where it is valid (RFC 6532), else what Western mail programs mean. */
export function textOfBytes(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return windows1252.decode(bytes)
  }
}

/** UTF-8 text as latin1, the way it stands in a header of RFC 6532. */
export function utf8AsLatin1(text: string): string {
  return latin1(new TextEncoder().encode(text))
}

export type Decoder = InstanceType<typeof TextDecoder>

/** A decoder for a MIME charset name; undefined for names that nobody knows and for UTF-7, which hides markup. */
export function decoderFor(charset: string): Decoder | undefined {
  try {
    return new TextDecoder(charset.trim())
  } catch {
    return undefined
  }
}
