import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSeal } from '../../../src/storage/seal.ts'

const seal = createSeal(new Uint8Array(32).fill(7))
const secrets = fc.uint8Array({ maxLength: 300 })

test('a sealed secret opens for its purpose and row, and looks different each time', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), secrets, (purpose, id, secret) => {
      const sealed = seal.seal(purpose, id, secret)
      expect([...seal.unseal(purpose, id, sealed)]).toEqual([...secret])
      expect(seal.seal(purpose, id, secret)).not.toBe(sealed)
    }),
  )
})

test('a sealed secret does not open after any byte was changed or cut off', () => {
  fc.assert(
    fc.property(secrets, fc.nat(), fc.integer({ min: 1, max: 255 }), (secret, at, change) => {
      const bytes = Buffer.from(seal.seal('private-key', '01', secret), 'base64')
      const position = at % bytes.length
      const shorter = bytes.subarray(0, position).toString('base64')
      expect(() => seal.unseal('private-key', '01', shorter)).toThrow()
      bytes.writeUInt8(bytes.readUInt8(position) ^ change, position)
      expect(() => seal.unseal('private-key', '01', bytes.toString('base64'))).toThrow()
    }),
  )
})

test('a sealed secret does not open in another row, for another purpose or with another key', () => {
  const sealed = seal.seal('private-key', '01', Buffer.from('secret'))
  expect(() => seal.unseal('private-key', '02', sealed)).toThrow()
  expect(() => seal.unseal('pdf-password', '01', sealed)).toThrow()
  expect(() => createSeal(new Uint8Array(32)).unseal('private-key', '01', sealed)).toThrow()
  // The border between purpose and id is authenticated, not only their sum.
  expect(() => seal.unseal('a', 'bc', seal.seal('ab', 'c', Buffer.from('secret')))).toThrow()
})

test('arbitrary text is refused as a sealed secret', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      expect(() => seal.unseal('private-key', '01', text)).toThrow()
    }),
  )
})
