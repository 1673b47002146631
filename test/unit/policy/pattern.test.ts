import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { comparableAddress, patternsFor, readPattern } from '../../../src/policy/pattern.ts'

describe('a pattern', () => {
  for (const [written, pattern] of [
    ['default', 'default'],
    ['Anna@Example.ORG', 'anna@example.org'],
    ['example.org.', 'example.org'],
    ['*.Example.org', '*.example.org'],
    ['*.de', '*.de'],
    ['anna@münchen.de', 'anna@xn--mnchen-3ya.de'],
    ['*.münchen.de', '*.xn--mnchen-3ya.de'],
    ['"anna"@example.org', 'anna@example.org'],
    ['_mta.example.org', '_mta.example.org'],
    ['localhost', undefined],
    ['', undefined],
    ['*', undefined],
    ['*@example.org', undefined],
    ['@example.org', undefined],
    ['anna@', undefined],
    ['anna@*.example.org', undefined],
    ['ex ample.org', undefined],
    ['example..org', undefined],
    ['-example.org', undefined],
    ['example.org/path', undefined],
    ['münchen.de/path', undefined],
    [`${'a'.repeat(64)}.org`, undefined],
  ] as const) {
    it(`written ${JSON.stringify(written)} means ${pattern ?? 'nothing'}`, () => {
      expect(readPattern(written)).toBe(pattern)
    })
  }

  test('that was read means itself, whatever was written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.emailAddress(), fc.domain()), (text) => {
        const pattern = readPattern(text)
        if (pattern !== undefined) expect(readPattern(pattern)).toBe(pattern)
      }),
    )
  })

  test('of an address speaks for that address', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        expect(patternsFor(address)[0]).toBe(comparableAddress(address))
        expect(patternsFor(address).at(-1)).toBe('default')
      }),
    )
  })
})

test('Patterns speak from the narrowest to the widest, and *.domain not for the domain itself', () => {
  expect(patternsFor('Anna@a.b.example.org')).toEqual([
    'anna@a.b.example.org',
    'a.b.example.org',
    '*.b.example.org',
    '*.example.org',
    '*.org',
    'default',
  ])
  expect(patternsFor('*.b.example.org')).toEqual(['*.b.example.org', '*.example.org', '*.org', 'default'])
  expect(patternsFor('example.org')).not.toContain('*.example.org')
  expect(patternsFor('default')).toEqual(['default'])
})
