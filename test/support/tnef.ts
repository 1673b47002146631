/** A TNEF stream as Outlook writes it ([MS-OXTNEF]): a body in text, and attachments with short and long names. */
export function tnef(
  attachments: readonly { readonly name: string; readonly content: Uint8Array }[],
  body?: string,
): Buffer {
  const head = Buffer.alloc(6)
  head.writeUInt32LE(0x223e9f78, 0)
  return Buffer.concat([
    head,
    attribute(1, 0x00089006, Buffer.from([0, 0, 1, 0])),
    ...(body === undefined ? [] : [attribute(1, 0x00069003, properties([[0x1000, 0x1f, utf16(body)]]))]),
    ...attachments.flatMap(({ name, content }, index) => [
      attribute(2, 0x00069002, Buffer.alloc(14)),
      attribute(2, 0x00018010, Buffer.from(`FILE~${index}.BIN\0`)),
      attribute(2, 0x0006800f, Buffer.from(content)),
      attribute(
        2,
        0x00069005,
        properties([
          [0x3001, 0x03, Buffer.alloc(4)],
          [0x3707, 0x1f, utf16(name)],
        ]),
      ),
    ]),
  ])
}

function attribute(level: number, id: number, value: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUInt8(level, 0)
  head.writeUInt32LE(id, 1)
  head.writeUInt32LE(value.length, 5)
  const checksum = Buffer.alloc(2)
  checksum.writeUInt16LE(value.reduce((sum, byte) => (sum + byte) & 0xffff, 0))
  return Buffer.concat([head, value, checksum])
}

function properties(list: readonly (readonly [id: number, type: number, value: Buffer])[]): Buffer {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value)
    return bytes
  }
  return Buffer.concat([
    number(list.length),
    ...list.flatMap(([id, type, value]) => {
      const fixed = type !== 0x1f
      const padding = Buffer.alloc((4 - (value.length % 4)) % 4)
      return [number(type | (id << 16)), ...(fixed ? [] : [number(1), number(value.length)]), value, padding]
    }),
  ])
}

const utf16 = (text: string) => Buffer.from(`${text}\0`, 'utf16le')
