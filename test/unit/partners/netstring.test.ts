import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { NotANetstring, netstring, readNetstring } from '../../../src/partners/netstring.ts'

describe('A netstring', () => {
  for (const [what, text] of [
    ['without a length', ':abc,'],
    ['with a word for a length', 'abc:def,'],
    ['with a negative length', '-1:,'],
    ['with zeros before the length', '03:abc,'],
    ['with a space', ' 3:abc,'],
    ['longer than allowed', '101:'],
    ['with a length without end', '99999'],
    ['without its comma', '3:abcd'],
  ] as const) {
    it(`${what} is refused before more is waited for`, () => {
      expect(() => readNetstring(Buffer.from(text), 100)).toThrow(NotANetstring)
    })
  }

  it('may be empty', () => {
    expect(readNetstring(Buffer.from('0:,'), 100)).toEqual({
      payload: Buffer.alloc(0),
      rest: Buffer.alloc(0),
    })
  })

  it('that has not arrived whole is waited for, wherever it is cut', () => {
    const whole = netstring('tls exämple.org')
    for (let end = 0; end < whole.length; end++) {
      expect(readNetstring(whole.subarray(0, end), 100)).toBeUndefined()
    }
    expect(readNetstring(whole, 100)?.payload.toString()).toBe('tls exämple.org')
  })
})

test('What was written as netstrings is read as them, one after the other', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 20 })), (texts) => {
      let rest: Buffer = Buffer.concat(texts.map(netstring))
      for (const text of texts) {
        const read = readNetstring(rest, 100)
        expect(read?.payload.toString()).toBe(Buffer.from(text).toString())
        rest = read?.rest ?? Buffer.alloc(0)
      }
      expect(rest.length).toBe(0)
    }),
  )
})

test('Arbitrary bytes wait, are read, or are no netstring', () => {
  const bytes = fc.oneof(fc.uint8Array(), fc.stringMatching(/^[0-9:,a]{0,12}$/).map(Buffer.from))
  fc.assert(
    fc.property(bytes, (received) => {
      try {
        const read = readNetstring(Buffer.from(received), 100)
        if (read) expect(read.payload.length).toBeLessThanOrEqual(100)
        else expect(received.length).toBeLessThanOrEqual(105)
      } catch (error) {
        expect(error).toBeInstanceOf(NotANetstring)
      }
    }),
  )
})
