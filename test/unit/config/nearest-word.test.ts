import { expect, test } from 'vitest'
import { nearestWord } from '../../../src/config/nearest-word.ts'

test('A typo is taken for the nearest word, anything else for nothing', () => {
  const words = ['protection', 'otherwise', 'sign', 'tlsNames']
  expect(nearestWord('protecton', words)).toBe('protection')
  expect(nearestWord('prtoection', words)).toBe('protection')
  expect(nearestWord('TLSNAMES', words)).toBe('tlsNames')
  expect(nearestWord('sing', words)).toBe('sign')
  expect(nearestWord('encrypt', words)).toBeUndefined()
  expect(nearestWord('', words)).toBeUndefined()
  expect(nearestWord('x'.repeat(100_000), words)).toBeUndefined()
})
