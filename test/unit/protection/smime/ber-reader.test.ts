import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { der, octetString, oid, sequence } from '../../../../src/keys/x509/write-der.ts'
import { bytesInMemory } from '../../../../src/message/byte-source.ts'
import { type BerOctets, BerReader, MalformedBer } from '../../../../src/protection/smime/ber-reader.ts'
import { indefinite } from '../../../support/make-envelope.ts'

const reading = (...bytes: readonly Uint8Array[]) => new BerReader(bytesInMemory(Buffer.concat(bytes)))
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

async function all(octets: BerOctets): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of octets.stream()) {
    expect(piece.length).toBeLessThanOrEqual(65_536)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** The same bytes as a string in pieces, nested as told. */
type Cut =
  | { readonly kind: 'piece'; readonly bytes: Uint8Array }
  | { readonly kind: 'nest'; cuts: Cut[]; form: boolean }
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.integer({ min: 1900, max: 4200 }).map((length) => Uint8Array.from({ length }, (_, at) => at % 251)),
)
const cuts = fc.letrec<{ cut: Cut; nest: Cut }>((tie) => ({
  cut: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ kind: fc.constant('piece' as const), bytes: piece }),
    tie('nest'),
  ),
  nest: fc.record({
    kind: fc.constant('nest' as const),
    cuts: fc.array(tie('cut'), { maxLength: 4 }),
    form: fc.boolean(),
  }),
})).nest
const encoded = (cut: Cut, tag = 0x24): Buffer => {
  if (cut.kind === 'piece') return octetString(cut.bytes)
  const inside = cut.cuts.map((inner) => encoded(inner))
  return cut.form ? indefinite(tag, ...inside) : der(tag, ...inside)
}
const plain = (cut: Cut): Buffer =>
  cut.kind === 'piece' ? Buffer.from(cut.bytes) : Buffer.concat(cut.cuts.map(plain))

describe('BER', () => {
  test('gives a string in pieces as one, however it is cut and nested', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, async (cut) => {
        const reader = reading(indefinite(0x30, encoded(cut, 0xa0), oid('1.2.3')))
        reader.enter(0x30)
        const octets = reader.octets(0x80)
        expect(octets.size).toBe(plain(cut).length)
        expect((await all(octets)).equals(plain(cut))).toBe(true)
        expect((await all(octets)).equals(plain(cut))).toBe(true)
        expect(reader.der(100)).toEqual(oid('1.2.3'))
        expect(reader.peek()).toBeUndefined()
      }),
    )
  })

  test('is the same in DER, however it was written', () => {
    fc.assert(
      fc.property(cuts, fc.boolean(), (cut, form) => {
        const inside = [encoded(cut), oid('1.2.3')]
        const written = form ? indefinite(0x30, ...inside) : sequence(...inside)
        const expected = sequence(octetString(plain(cut)), oid('1.2.3'))
        // Not toEqual: to tell where long bytes differ would take minutes.
        expect(reading(written).der(written.length).equals(expected)).toBe(true)
      }),
    )
  })

  test('of a string in pieces of one byte, 200 KB of it, is read joined', async () => {
    const content = Buffer.alloc(200_000, 'x')
    const pieces = Buffer.concat([...content].map((byte) => Buffer.from([4, 1, byte])))
    const octets = reading(indefinite(0x24, pieces)).octets(0x04)
    const lengths: number[] = []
    for await (const piece of octets.stream()) lengths.push(piece.length)
    expect(lengths).toEqual([...Array(48).fill(4096), 3392])
  })

  it('of 1 MB in one piece is streamed from where it lies', async () => {
    const content = Buffer.alloc(1_000_000, 'x')
    expect((await all(reading(octetString(content)).octets(0x04))).equals(content)).toBe(true)
  })

  it('takes lengths that are padded with zeros', () => {
    expect(reading(hex('30 88 0000000000000003 02 01 05')).der(100)).toEqual(hex('30 03 02 01 05'))
  })

  it('leaves what is behind the element that was read', () => {
    const reader = reading(sequence(oid('1.2.3'), sequence(oid('1.2.4'))), hex('0d0a'))
    reader.enter(0x30)
    reader.leave()
    expect(() => reader.leave()).toThrow(MalformedBer)
  })

  for (const [what, bytes] of [
    ['nothing', ''],
    ['a tag alone', '30'],
    ['a tag number above 30', '3f 81 01 00'],
    ['a length of nine bytes', '30 89 000000000000000001 00'],
    ['a length of 2^63', '30 88 8000000000000000'],
    ['a length that never ends', '30 84 ff'],
    ['an element longer than the file', '30 05 02 01 05'],
    ['a child longer than its parent', '30 03 04 05 41 42 43 44 45'],
    ['a child of indefinite length that ends behind its parent', '30 04 24 80 04 01 41 00 00'],
    ['an indefinite length without end', '30 80 02 01 05'],
    ['an indefinite length of a primitive element', '30 04 04 80 00 00'],
    ['an end mark in an element of definite length', '30 02 00 00'],
    ['an end mark with a content', '30 80 00 01 00'],
    ['a number inside a string', '30 80 24 80 02 01 05 00 00 00 00'],
  ] as const) {
    it(`does not take ${what}`, () => {
      const all = [
        (reader: BerReader) => reader.der(1000),
        (reader: BerReader) => {
          reader.enter(0x30)
          while (reader.peek()) reader.octets(0x04)
          reader.leave()
        },
      ]
      for (const read of all) expect(() => read(reading(hex(bytes)))).toThrow(MalformedBer)
    })
  }

  it('reads no more of an element than it was told to', () => {
    expect(() => reading(octetString(Buffer.alloc(1000))).der(1000)).toThrow(MalformedBer)
    expect(() =>
      reading(indefinite(0x24, ...Array(500).fill(octetString(Buffer.alloc(1))))).der(1000),
    ).toThrow(MalformedBer)
  })

  for (const [form, bomb] of [
    ['sequences', Buffer.from('3080'.repeat(500_000), 'hex')],
    ['strings', Buffer.from('2480'.repeat(500_000), 'hex')],
    [
      'strings of definite length',
      [...Array(2000)].reduce((inner: Buffer) => der(0x24, inner), Buffer.alloc(0)),
    ],
  ] as const) {
    it(`gives up on ${form} in ${form} without end`, () => {
      for (const read of [
        (reader: BerReader) => reader.der(2_000_000),
        (reader: BerReader) => reader.octets(0x04),
        (reader: BerReader) => {
          for (;;) reader.enter(reader.peek()?.tag ?? 0)
        },
      ])
        expect(() => read(reading(bomb))).toThrow(MalformedBer)
      if (form !== 'strings of definite length') expect(() => reading(bomb).skip()).toThrow(MalformedBer)
    })
  }

  test('of any bytes is read or refused, and every offset stays inside', async () => {
    const short = fc.uint8Array({ maxLength: 60 })
    const likely = fc
      .array(fc.constantFrom(0x30, 0x80, 0x24, 0x04, 0x00, 0x01, 0x03, 0x82, 0xa0, 0x31), { maxLength: 60 })
      .map((bytes) => Uint8Array.from(bytes))
    await fc.assert(
      fc.asyncProperty(fc.oneof(short, likely), async (bytes) => {
        for (const read of [
          (reader: BerReader) => reader.der(1000),
          (reader: BerReader) => reader.skip(),
          async (reader: BerReader) => {
            const octets = reader.octets(0x04)
            expect((await all(octets)).length).toBe(octets.size)
            expect(octets.size).toBeLessThanOrEqual(bytes.length)
          },
          (reader: BerReader) => {
            for (let element = reader.peek(); element; element = reader.peek())
              if ((element.tag & 0x20) !== 0) reader.enter(element.tag)
              else reader.skip()
            reader.leave()
          },
        ]) {
          try {
            await read(reading(bytes))
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedBer)
          }
        }
      }),
      { numRuns: 2000 },
    )
  })
})
