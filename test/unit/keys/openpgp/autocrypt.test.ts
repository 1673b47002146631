import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { autocryptField, autocryptKey, parseAutocrypt } from '../../../../src/keys/openpgp/autocrypt.ts'
import { generateOpenPgpKey } from '../../../../src/keys/openpgp/openpgp-own.ts'
import { armoredKey } from '../../../support/openpgp-judges.ts'

const at = new Date('2026-12-01T00:00:00Z')
const dave = 'dave@partner.example'
const field = await autocryptField(armoredKey('dave-curve25519', 'sec'), dave, at)
if (!field) throw new Error('no field')
const changed = (from: string | RegExp, to: string) => ({ ...field, value: field.value.replace(from, to) })

describe('the key in an Autocrypt field', () => {
  it('is written for readers of Level 1: folded, below 10 KiB, public', () => {
    expect(field.value).toMatch(
      /^ addr=dave@partner\.example; prefer-encrypt=mutual;\r\n keydata=\r\n [A-Za-z0-9+/=\r\n ]+$/,
    )
    expect(Math.max(...field.value.split('\r\n').map((line) => line.length))).toBeLessThan(79)
    expect(field.value.length).toBeLessThan(1024)
  })

  for (const [what, fields, isTaken] of [
    ['is taken for its author', [field], true],
    ['is taken with an attribute that may be ignored', [changed('prefer', '_x=1; prefer')], true],
    ['is taken beside that of another address', [field, changed('dave@', 'carol@')], true],
    ['is not taken twice', [field, field], false],
    ['is not taken for another address', [changed('dave@', 'carol@')], false],
    ['is not taken with an attribute that nobody knows', [changed('prefer', 'x=1; prefer')], false],
    ['is not taken broken', [changed(/keydata=.*/s, 'keydata=AAAA')], false],
    ['is not taken without data', [changed(/keydata=.*/s, '')], false],
    ['is not taken at 40 KB', [{ ...field, value: field.value + 'A'.repeat(40_000) }], false],
  ] as const) {
    it(what, async () => {
      const found = await autocryptKey([{ name: 'From', value: ' x' }, ...fields], 'Dave@Partner.Example', at)
      expect(found?.key.addresses[0]).toBe(isTaken ? dave : undefined)
      if (found) expect(found).toMatchObject({ prefersEncryption: true, key: { isPrivate: false } })
    })
  }

  it('must name the author itself', async () => {
    const mallory = await generateOpenPgpKey({ name: 'Dave', address: 'mallory@evil.example' }, at)
    const own = await autocryptField(mallory.armored, 'mallory@evil.example', at)
    const forged = { name: 'Autocrypt', value: own?.value.replace('mallory@evil.example', dave) ?? '' }
    expect(await autocryptKey([forged], dave, at)).toBeUndefined()
  })

  it('is not written for keys that do not serve the address', async () => {
    expect(
      await autocryptField(armoredKey('dave-curve25519', 'sec'), 'x@partner.example', at),
    ).toBeUndefined()
    expect(
      await autocryptField(armoredKey('carol-expired', 'sec'), 'carol@partner.example', at),
    ).toBeUndefined()
  })

  test('arbitrary values are read or not', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('addr=a@b.c;keydata=AAAA', 'addr=;;=')), (value) => {
        expect(typeof parseAutocrypt(value)).toMatch(/undefined|object/)
      }),
    )
  })
})
