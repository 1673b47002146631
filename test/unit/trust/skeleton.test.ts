import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance } from '../../../src/trust/edit-distance.ts'
import { mixesScripts, skeletonOf } from '../../../src/trust/skeleton.ts'

describe('names that look the same have one skeleton', () => {
  for (const [one, other, why] of [
    ['kanzlei', 'kаnzlei', 'Cyrillic а'],
    ['kanzlei', 'kanzlеі', 'Cyrillic е and і'],
    ['kanzlei', 'κanzlei', 'Greek κ'],
    ['kanzlei', 'kanz1ei', 'a digit for a letter'],
    ['kontor', 'k0nt0r', 'zeros'],
    ['hamster', 'harnster', 'rn for m'],
    ['weber', 'vveber', 'vv for w'],
    ['daten', 'claten', 'cl for d'],
    ['muller', 'müller', 'an umlaut'],
    ['muster', 'ＭＵＳＴＥＲ', 'wide capitals'],
    ['muster', 'mus​ter', 'a blank without width'],
    ['muster', 'mu‮ster', 'a mark of direction'],
    ['bild', 'bıld', 'an i without its dot'],
    ['co', 'сօ', 'Cyrillic and Armenian'],
  ] as const) {
    it(`${other} looks like ${one}: ${why}`, () => {
      expect(skeletonOf(other)).toBe(skeletonOf(one))
    })
  }

  it('a skeleton has itself as skeleton, and no case', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Zäöüß0-9-]{0,20}$/), (text) => {
        expect(skeletonOf(text.toUpperCase())).toBe(skeletonOf(text.toUpperCase().toLowerCase()))
      }),
    )
  })

  it('any text has one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        expect(typeof skeletonOf(text)).toBe('string')
      }),
    )
  })
})

it('a word of two alphabets that look alike is seen, one of each language is not', () => {
  expect(['kаnzlei', 'κanzlei', 'pаypal'].map(mixesScripts)).toEqual([true, true, true])
  expect(['kanzlei', 'müller', 'почта', 'δοκιμή', '東京tower', 'haus24'].map(mixesScripts)).toEqual(
    Array.from({ length: 6 }, () => false),
  )
})

describe('the distance of two words', () => {
  for (const [one, other, distance] of [
    ['muster', 'muster', 0],
    ['muster', 'mustre', 1],
    ['muster', 'mster', 1],
    ['muster', 'mussster', 2],
    ['muster', 'master', 1],
    ['', 'ab', 2],
    ['ab', 'ba', 1],
    ['abcd', 'badc', 2],
  ] as const) {
    it(`of ${one} and ${other} is ${distance}`, () => expect(editDistance(one, other, 3)).toBe(distance))
  }

  it('is the same both ways, and never more than the bound and one', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 })
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 4 }), (one, other, most) => {
        const distance = editDistance(one, other, most)
        expect(distance).toBe(editDistance(other, one, most))
        expect(distance).toBe(Math.min(most + 1, editDistance(one, other, 20)))
        expect(distance === 0).toBe(one === other)
      }),
    )
  })
})
