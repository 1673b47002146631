import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codesIn, hashOfCode, newProofCode } from '../../../../src/keys/intake/proof-code.ts'

const code = '0A1B-2C3D-4E5F-6G7H'

for (const [what, text, found] of [
  ['alone', code, [code]],
  ['quoted', `> Bitte ...\n>     ${code}\n> Mehr`, [code]],
  ['in small letters', code.toLowerCase(), [code]],
  ['with another dash', code.replaceAll('-', '–'), [code]],
  ['with letters that look like digits', 'OA1B-2C3D-4E5F-6G7H, oAlb-2c3d-4e5f-6g7h', [code]],
  ['twice', `${code} ${code}`, [code]],
  ['in a longer number', `X${code} ${code}-AAAA`, []],
  ['in a UUID', '123e4567-e89b-12d3-a456-426614174000', []],
  ['as words', 'dies sind vier kurz Worte', []],
] as const) {
  test(`a code ${what} is ${found.length > 0 ? 'found' : 'none'}`, () => {
    expect(codesIn(text)).toEqual(found)
  })
}

test('every new code is another one, and is found in a reply', () => {
  const codes = Array.from({ length: 200 }, newProofCode)
  expect(new Set(codes).size).toBe(200)
  for (const each of codes) {
    expect(each).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/)
    expect(codesIn(`> ${each}\r\n`)).toEqual([each])
    expect(hashOfCode(each)).toMatch(/^[0-9a-f]{64}$/)
  }
})

test('whatever the text, a few codes at most are found', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => codesIn(text).length <= 20))
})
