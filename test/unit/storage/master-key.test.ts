import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { readMasterKey, subkey } from '../../../src/storage/master-key.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const key = Buffer.alloc(32, 200)

describe('the file of the master key', () => {
  it('is read as openssl rand -base64 32 writes it', async () => {
    using folder = temporaryFolder()
    await writeFile(join(folder.path, 'master.key'), `${key.toString('base64')}\n`)
    expect([...(await readMasterKey(join(folder.path, 'master.key')))]).toEqual([...key])
  })

  for (const [what, text] of [
    ['an empty file', ''],
    ['a key that is too short', Buffer.alloc(31).toString('base64')],
    ['a key that is too long', Buffer.alloc(33).toString('base64')],
    ['hexadecimal text', key.toString('hex')],
    ['a key with something behind it', `${key.toString('base64')}x`],
    ['a key with a character that is not base64', `${key.toString('base64').slice(0, -2)}!=`],
  ] as const) {
    it(`is refused by name when it is ${what}`, async () => {
      using folder = temporaryFolder()
      const file = join(folder.path, 'master.key')
      await writeFile(file, text)
      await expect(readMasterKey(file)).rejects.toThrow(`${file}: expected 32 bytes in base64`)
    })
  }
})

// RFC 5869 with an empty salt, computed by "openssl kdf -keylen 32 -kdfopt digest:SHA2-256 -kdfopt hexkey:.. HKDF".
test('subkeys are what OpenSSL derives, one for each purpose', () => {
  const hex = (purpose: Parameters<typeof subkey>[1]) => Buffer.from(subkey(key, purpose)).toString('hex')
  expect(hex('blobs')).toBe('3e7d52b34295c6819ac06a83d4438705d12b34ae652caf4aa7b7bdb6eaff59d5')
  expect(new Set([hex('addresses'), hex('records'), hex('blobs'), hex('check')]).size).toBe(4)
})
