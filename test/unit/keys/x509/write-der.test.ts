import { describe, expect, it } from 'vitest'
import { childrenOf, readDer } from '../../../../src/keys/x509/read-der.ts'
import { bitString, context, setOf, smallInteger, time } from '../../../../src/keys/x509/write-der.ts'

describe('what we write as DER', () => {
  for (const [moment, written] of [
    ['2026-06-01T12:00:59.999Z', '170d3236303630313132303035395a'],
    ['1950-01-01T00:00:00Z', '170d3530303130313030303030305a'],
    ['2049-12-31T23:59:59Z', '170d3439313233313233353935395a'],
    ['2050-01-01T00:00:00Z', '180f32303530303130313030303030305a'],
  ] as const) {
    it(`tells ${moment} as RFC 5652 11.3 wants it`, () => {
      expect(time(new Date(moment)).toString('hex')).toBe(written)
    })
  }

  it('puts the elements of a set in the order of their bytes', () => {
    const set = setOf(bitString(Uint8Array.of(1)), smallInteger(9), smallInteger(3))
    expect(set.toString('hex')).toBe('310a0201030201090302' + '0001')
    expect(childrenOf(readDer(set))).toHaveLength(3)
  })

  it('marks a constructed element with its context tag', () => {
    expect(context(1, smallInteger(5)).toString('hex')).toBe('a103020105')
  })
})
