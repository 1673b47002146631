/** Writes DER (X.690). Everything here is built in memory: structures, not content. */

/** Tag and length of an element whose content of `length` bytes follows. */
export function derHead(tag: number, length: number): Buffer {
  if (length < 0x80) return Buffer.from([tag, length])
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Buffer.from([tag, 0x80 + bytes.length, ...bytes])
}

export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, content) => sum + content.length, 0)
  return Buffer.concat([derHead(tag, length), ...contents])
}

export function sequence(...contents: readonly Uint8Array[]): Buffer {
  return der(0x30, ...contents)
}

/** SET OF: the elements in the order of their encodings (X.690 11.6). */
export function setOf(...elements: readonly Uint8Array[]): Buffer {
  return der(0x31, ...elements.toSorted(Buffer.compare))
}

/** A constructed element under context tag [number]. */
export function context(number: number, ...contents: readonly Uint8Array[]): Buffer {
  return der(0xa0 + number, ...contents)
}

/** A number from 0 to 127: all that versions and sizes need. */
export function smallInteger(value: number): Buffer {
  return der(0x02, Buffer.from([value]))
}

export function octetString(bytes: Uint8Array): Buffer {
  return der(0x04, bytes)
}

/** A BIT STRING of whole bytes. */
export function bitString(bytes: Uint8Array): Buffer {
  return der(0x03, Buffer.from([0]), bytes)
}

export const nullValue = Buffer.from([0x05, 0x00])

/** An OBJECT IDENTIFIER from dotted form (X.690 8.19). */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift(0x80 + (left % 128))
    return groups
  })
  return der(0x06, Buffer.from(bytes))
}

/** A Time to the second (RFC 5652 11.3): UTCTime through 2049, GeneralizedTime after. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}Z`
  const year = date.getUTCFullYear()
  return year >= 1950 && year < 2050
    ? der(0x17, Buffer.from(digits.slice(2), 'latin1'))
    : der(0x18, Buffer.from(digits, 'latin1'))
}
