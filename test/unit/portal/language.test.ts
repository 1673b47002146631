import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chosenLanguage, languages, preferredLanguage } from '../../../src/portal/language.ts'

describe('the language of the portal', () => {
  for (const [acceptLanguage, language] of [
    [undefined, 'de'],
    ['', 'de'],
    ['de-DE,de;q=0.9,en;q=0.8', 'de'],
    ['en-US,en;q=0.5', 'en'],
    ['en;q=0.3, de-AT;q=0.7', 'de'],
    ['fr-FR, de;q=0.2', 'de'],
    ['fr, it;q=0.8', 'en'],
    ['de;q=0, en;q=0.1', 'en'],
    ['DE', 'de'],
    ['*', 'en'],
    ['de;q=abc', 'de'],
    ['den, enx', 'en'],
  ] as const) {
    it(`is ${language} for a browser that asks for ${JSON.stringify(acceptLanguage)}`, () => {
      expect(preferredLanguage(acceptLanguage)).toBe(language)
    })
  }

  it('is one of ours whatever a browser asks for', () => {
    fc.assert(fc.property(fc.string(), (text) => languages.includes(preferredLanguage(text))))
  })

  for (const [query, language] of [
    [{ lang: 'en' }, 'en'],
    [{ lang: 'de', other: 1 }, 'de'],
    [{ lang: ['en', 'de'] }, undefined],
    [{ lang: 'fr' }, undefined],
    [{ lang: '' }, undefined],
    [{}, undefined],
    [undefined, undefined],
  ] as const) {
    it(`is ${language ?? 'left to the browser'} by ${JSON.stringify(query)}`, () => {
      expect(chosenLanguage(query)).toBe(language)
    })
  }
})
