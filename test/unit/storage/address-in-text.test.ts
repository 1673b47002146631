import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { addressInText, erasedAddress } from '../../../src/storage/address-in-text.ts'

const ann = addressInText(['ann@example.com'])

describe('an address in a record', () => {
  for (const text of [
    'ann@example.com',
    '<Ann@Example.COM>',
    '{"sender":"ann@example.com"}',
    'we write to ann@example.com.',
    'ann@example.com, bob@example.com',
    "Absender 'ann@example.com'",
  ])
    it(`is found in ${text}`, () => {
      expect(ann.isIn(text)).toBe(true)
      expect(ann.erasedFrom(text)).toContain(erasedAddress)
      expect(ann.isIn(ann.erasedFrom(text))).toBe(false)
    })

  for (const text of [
    'joann@example.com',
    'jo.ann@example.com',
    'jo+ann@example.com',
    'ann@example.com.example',
    'ann@example.community',
    'ann@example.com-muster.example',
    'annXexample.com',
    'ann@exampleXcom',
    'jörgann@example.com',
  ])
    it(`is not meant by ${text}`, () => {
      expect(ann.isIn(text)).toBe(false)
      expect(ann.erasedFrom(text)).toBe(text)
    })
})

it('may have every character that a name can have', () => {
  const address = "o'hara-{x}|y/z.+*?^$=@muster-firma.example"
  expect(addressInText([address]).erasedFrom(JSON.stringify([address]))).toBe(`["${erasedAddress}"]`)
})

test('whatever an address is made of, it is erased from JSON, which stays JSON', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'binary' }), fc.emailAddress(), (local, other) => {
      const address = `${local}@example.com`
      const record = { sender: address, other, recipients: [`<${address}>`] }
      const erased = JSON.parse(addressInText([address]).erasedFrom(JSON.stringify(record))) as typeof record
      expect(erased.recipients).toEqual([`<${erasedAddress}>`])
      expect(erased.other).toBe(other)
    }),
  )
})
