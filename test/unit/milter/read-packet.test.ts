import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { MailFailure } from '../../../src/failure.ts'
import { maxPacketBytes, type Packet, PacketReader } from '../../../src/milter/read-packet.ts'
import { writePacket } from '../../../src/milter/write-packet.ts'

function allOf(reader: PacketReader): Packet[] {
  const found: Packet[] = []
  for (let packet = reader.next(); packet; packet = reader.next())
    found.push({ ...packet, data: Buffer.from(packet.data) })
  return found
}

test('packets of a mail server arrive whole, wherever the network cuts them', () => {
  const packet = fc.record({
    command: fc.constantFrom(...'ODCHMRTLNBE'),
    data: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  })
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 8 }), fc.array(fc.nat(2000)), (packets, cuts) => {
      const wire = Buffer.concat(packets.map(({ command, data }) => writePacket(command, data)))
      const reader = new PacketReader()
      const found: Packet[] = []
      let from = 0
      for (const cut of [...cuts.map((at) => Math.min(at, wire.length)).sort((a, b) => a - b), wire.length]) {
        reader.push(wire.subarray(from, cut))
        found.push(...allOf(reader))
        from = cut
      }
      expect(found).toEqual(packets)
      expect(reader.waiting).toBe(0)
    }),
  )
})

test('arbitrary bytes wait, parse or fail as a mail failure', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
      const reader = new PacketReader()
      try {
        for (const chunk of chunks) {
          reader.push(Buffer.from(chunk))
          const peeked = reader.peek()
          const next = reader.next()
          expect(next?.command).toBe(peeked)
        }
      } catch (error) {
        expect(error).toBeInstanceOf(MailFailure)
      }
    }),
  )
})

for (const [what, length, refused] of [
  ['without even a command', 0, true],
  ['with a command only', 1, false],
  ['at the limit', maxPacketBytes, false],
  ['above the limit', maxPacketBytes + 1, true],
  ['of four gigabytes', 0xffffffff, true],
] as const) {
  it(`${refused ? 'refuses' : 'waits for'} a packet ${what} as soon as its length is known`, () => {
    const reader = new PacketReader()
    const header = Buffer.alloc(4)
    header.writeUInt32BE(length)
    reader.push(header)
    if (refused) expect(() => reader.next()).toThrow(MailFailure)
    else expect(reader.next()).toBeUndefined()
    expect(reader.waiting).toBe(4)
  })
}

test('a packet of a megabyte that comes byte by byte stays linear in time', () => {
  const reader = new PacketReader()
  const wire = writePacket('B', Buffer.alloc(maxPacketBytes - 1, 'x'))
  for (let at = 0; at < wire.length - 1; at++) {
    reader.push(wire.subarray(at, at + 1))
    if (at % 4096 === 0) expect(reader.next()).toBeUndefined()
  }
  reader.push(wire.subarray(-1))
  expect(reader.next()?.data.length).toBe(maxPacketBytes - 1)
})

test('each piece of a large message is given back once, and only when its packets are done with', () => {
  const packets = Array.from({ length: 20 }, (_, index) => writePacket('B', Buffer.alloc(65_535, 65 + index)))
  const wire = Buffer.concat(packets)
  for (const size of [65_536, 65_540, 10_000, 200_000]) {
    const given = new Set<Buffer>()
    const reader = new PacketReader((chunk) => {
      expect(given.has(chunk)).toBe(false)
      given.add(chunk.fill(0))
    })
    const chunks: Buffer[] = []
    let found = 0
    for (let at = 0; at < wire.length; at += size) {
      const chunk = Buffer.from(wire.subarray(at, at + size))
      chunks.push(chunk)
      reader.push(chunk)
      for (let packet = reader.next(); packet; packet = reader.next()) {
        expect(packet.data.equals(Buffer.alloc(65_535, 65 + found))).toBe(true)
        found += 1
      }
    }
    expect(found).toBe(packets.length)
    reader.rest()
    expect(chunks.filter((chunk) => !given.has(chunk))).toEqual([])
  }
})
