import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { childrenOf, MalformedDer, oidOf, readDer, readElement } from '../../../../src/keys/x509/read-der.ts'
import { der, oid } from '../../../../src/keys/x509/write-der.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)

describe('the DER of a certificate', () => {
  for (const [what, malformed] of [
    ['nothing', bytes()],
    ['a tag alone', bytes(0x30)],
    ['an indefinite length, which is BER', bytes(0x30, 0x80, 0, 0)],
    ['a length longer than the bytes', bytes(0x04, 0x03, 1, 2)],
    ['a length in five bytes', bytes(0x04, 0x85, 0, 0, 0, 0, 1, 1)],
    ['a short length written long', bytes(0x04, 0x81, 0x01, 0xff)],
    ['a length with a leading zero', bytes(0x04, 0x82, 0x00, 0x81, ...new Array(0x81).fill(0))],
    ['a tag number above 30', bytes(0x1f, 0x20, 0x00)],
    ['bytes behind the end', bytes(0x05, 0x00, 0x00)],
  ] as const) {
    it(`is refused with ${what}`, () => {
      expect(() => readDer(malformed)).toThrow(MalformedDer)
    })
  }

  it('is refused with thousands of elements in one', () => {
    const many = der(0x30, Buffer.alloc(2 * 5000, Buffer.from([0x05, 0x00])))
    expect(() => childrenOf(readDer(many))).toThrow(MalformedDer)
  })

  test('of any length reads back as it was written', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 127, 128, 255, 256, 65535, 65536), fc.nat(30), (length, tag) => {
        const element = readDer(der(tag, Buffer.alloc(length, 7)))
        expect(element.tag).toBe(tag)
        expect(element.content.length).toBe(length)
      }),
    )
  })

  test('gives object identifiers as they were written', () => {
    const arc = fc.nat(2 ** 31)
    const dotted = fc
      .tuple(fc.nat(1), fc.nat(39), fc.array(arc))
      .map(([first, second, rest]) => [first, second, ...rest].join('.'))
    fc.assert(fc.property(dotted, (text) => oidOf(readDer(oid(text))) === text))
    expect(oidOf(readDer(oid('2.16.840.1.101.3.4.2.1')))).toBe('2.16.840.1.101.3.4.2.1')
    expect(oidOf(readDer(bytes(0x06, 0x03, 0x88, 0x37, 0x03)))).toBe('2.999.3')
  })

  test('is read or refused, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (arbitrary) => {
        try {
          for (const child of childrenOf(readElement(arbitrary))) oidOf(child)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedDer)
        }
      }),
    )
  })
})
