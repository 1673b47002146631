import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wkdHash, zBase32 } from '../../../../src/keys/discovery/wkd-hash.ts'

describe('The name of a key in a web key directory', () => {
  it('is the one of the example in the draft', () => {
    expect(wkdHash('Joe.Doe')).toBe('iy9q119eutrkn8s1mk4r39qejnbu3n5q')
  })
  it('is the same for all cases of ASCII letters', () => {
    expect(wkdHash('JOE.doe')).toBe(wkdHash('joe.DOE'))
  })
  for (const [bytes, text] of [
    [[], ''],
    [[0], 'yy'],
    [[0xff], '9h'],
    [[0xf0, 0xbf, 0xc7], '6n9hq'],
    [[0xd4, 0x7a, 0x04], '4t7ye'],
  ] as const) {
    it(`writes ${bytes.length} bytes as "${text}" in z-base-32`, () => {
      expect(zBase32(Uint8Array.from(bytes))).toBe(text)
    })
  }
  it('tells different bytes apart, five bits to a character', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
        const text = zBase32(bytes)
        expect(text).toMatch(/^[ybndrfg8ejkmcpqxot1uwisza345h769]{32}$/)
        const bits = [...text].map((c) =>
          'ybndrfg8ejkmcpqxot1uwisza345h769'.indexOf(c).toString(2).padStart(5, '0'),
        )
        const back = bits.join('').match(/.{8}/g) ?? []
        expect(back.map((byte) => Number.parseInt(byte, 2))).toEqual([...bytes])
      }),
    )
  })
})
