import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { importKeys } from '../../../../src/keys/import/import-keys.ts'
import { KeyImportError } from '../../../../src/keys/import/key-import-error.ts'
import { takeIn } from '../../../../src/keys/import/take-in.ts'
import { readOpenPgpKey } from '../../../../src/keys/openpgp/openpgp-key.ts'
import { generateOpenPgpKey, revokeOpenPgpKey } from '../../../../src/keys/openpgp/openpgp-own.ts'
import { publicOpenPgpKey } from '../../../../src/keys/openpgp/openpgp-public.ts'
import { openTestStorage } from '../../../support/open-test-storage.ts'
import { testKeyFile } from '../../../support/test-keys.ts'

const at = new Date('2028-01-01T12:00:00Z')
const file = (name: string) => readFileSync(testKeyFile(`../pgp/${name}.asc`), 'utf8')
const binary = (armored: string) =>
  Buffer.from(
    armored
      .split(/\r?\n\r?\n/)[1]
      ?.split(/\n=/)[0]
      ?.replaceAll(/\s/g, '') ?? '',
    'base64',
  )
const from = (bytes: string | Uint8Array) =>
  importKeys(Buffer.from(bytes), { source: 'import', trust: 'manual', at })

describe('a file of OpenPGP keys is taken', () => {
  const carol = { addresses: ['carol@partner.example'], kind: 'openpgp', trust: 'manual', source: 'import' }
  for (const [what, bytes, hasPrivateKey] of [
    ['armored', file('carol-rsa3072.pub'), false],
    [
      'armored with CRLF and a letter around',
      `Liebe Kollegen,\r\n\r\n${file('carol-rsa3072.pub').replaceAll('\n', '\r\n')}\r\nGruß`,
      false,
    ],
    ['armored as Windows saves it', `\ufeff${file('carol-rsa3072.pub')}`, false],
    ['binary', binary(file('carol-rsa3072.pub')), false],
    ['private', file('carol-rsa3072.sec'), true],
    ['private and binary', binary(file('carol-rsa3072.sec')), true],
  ] as const) {
    it(what, async () => {
      const [imported, ...others] = await from(bytes)
      expect(others).toEqual([])
      expect(imported?.key).toMatchObject({ ...carol, hasPrivateKey })
      expect(imported?.key.fingerprint).toBe(
        readFileSync(testKeyFile('../pgp/carol-rsa3072.fpr'), 'latin1').trim().toLowerCase(),
      )
      expect(imported?.key.material).toContain('BEGIN PGP PUBLIC KEY')
      expect(imported?.privateKey?.includes('BEGIN PGP PRIVATE KEY')).toBe(hasPrivateKey || undefined)
    })
  }

  it('with several keys in it', async () => {
    const imported = await from(file('carol-rsa3072.pub') + file('dave-curve25519.sec'))
    expect(imported.map(({ key }) => [key.addresses[0], key.hasPrivateKey])).toEqual([
      ['carol@partner.example', false],
      ['dave@partner.example', true],
    ])
  })
})

test('a file of OpenPGP keys is taken or refused with a reason, whatever its bytes', async () => {
  const key = binary(file('dave-curve25519.sec'))
  const change = fc.array(fc.tuple(fc.nat(key.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
  const cut = fc.nat(key.length)
  await fc.assert(
    fc.asyncProperty(change, cut, fc.boolean(), async (changes, end, isCut) => {
      const changed = Buffer.from(key)
      for (const [place, value] of changes) changed[place] = value
      const problem = await from(isCut ? changed.subarray(0, end) : changed).then(
        () => undefined,
        (error: unknown) => error,
      )
      expect(problem === undefined || problem instanceof KeyImportError).toBe(true)
    }),
    { numRuns: 60 },
  )
})

describe('a key that is here already', () => {
  it('keeps its revocation and its private half when an old file comes again', async () => {
    await using storage = await openTestStorage()
    const { keyStore } = storage
    const made = await generateOpenPgpKey(
      { name: 'Carol', address: 'carol@partner.example' },
      new Date('2027-01-01'),
    )
    const revoked = (await revokeOpenPgpKey(made.armored, 'superseded', at)).armored
    const files = [made.armored, (await publicOpenPgpKey(revoked)).armored, made.armored]
    for (const bytes of files) for (const imported of await from(bytes)) await takeIn(keyStore, imported)
    const [key] = await keyStore.ownKeys()
    for (const armored of [key?.material, await keyStore.privateKeyOf(made.fingerprint)]) {
      const read = await readOpenPgpKey(armored ?? '', at)
      expect(await read.problemFor('sign', at)).toBe('revoked')
      expect(read.isPrivate).toBe(armored !== key?.material)
    }
  })
})
