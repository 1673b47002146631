import * as openpgp from 'openpgp'
import { expect, it } from 'vitest'
import { readOpenPgpKey } from '../../../../src/keys/openpgp/openpgp-key.ts'
import { generateOpenPgpKey, revokeOpenPgpKey } from '../../../../src/keys/openpgp/openpgp-own.ts'
import {
  mergeOpenPgpKeys,
  minimalOpenPgpKey,
  publicOpenPgpKey,
} from '../../../../src/keys/openpgp/openpgp-public.ts'
import { armoredKey } from '../../../support/openpgp-judges.ts'

const at = new Date('2026-12-01T00:00:00Z')
const ours = await generateOpenPgpKey({ name: 'Anne', address: 'anne@kanzlei.example' }, at)
const published = await publicOpenPgpKey(ours.armored, at)
const revoked = await revokeOpenPgpKey(ours.armored, 'compromised', at)

it('what is published holds nothing secret', () => {
  expect(published).toMatchObject({
    isPrivate: false,
    fingerprint: ours.fingerprint,
    addresses: ours.addresses,
  })
  expect(published.armored).not.toContain('PRIVATE')
})

it('an old copy of a key does not undo its revocation, in whatever order they come', async () => {
  for (const [one, other] of [
    [revoked.armored, published.armored],
    [published.armored, (await publicOpenPgpKey(revoked.armored, at)).armored],
    [ours.armored, (await publicOpenPgpKey(revoked.armored, at)).armored],
  ] as const) {
    const merged = await mergeOpenPgpKeys(one, other, at)
    expect(await merged?.problemFor('encrypt', at)).toBe('revoked')
  }
})

it('our private key stays private when somebody sends its public form', async () => {
  expect(await mergeOpenPgpKeys(published.armored, ours.armored, at)).toMatchObject({ isPrivate: true })
  expect(await mergeOpenPgpKeys(ours.armored, published.armored, at)).toMatchObject({ isPrivate: true })
})

it('keys of two people are not joined', async () => {
  expect(await mergeOpenPgpKeys(published.armored, armoredKey('dave-curve25519', 'pub'), at)).toBeUndefined()
})

it('what goes into a header is small: one user id, the subkeys in use', async () => {
  const two = await openpgp.generateKey({
    userIDs: [{ email: 'anne@kanzlei.example' }, { email: 'info@kanzlei.example' }],
    type: 'rsa',
    rsaBits: 3072,
    subkeys: [{}, {}],
    date: at,
  })
  const minimal = await minimalOpenPgpKey(two.privateKey, 'info@kanzlei.example', at)
  const key = await readOpenPgpKey(minimal ?? '', at)
  expect(key).toMatchObject({ isPrivate: false, addresses: ['info@kanzlei.example'] })
  expect(key.keyIds.length).toBe(2)
  expect(await key.problemFor('encrypt', at)).toBeUndefined()
  expect(minimal?.length).toBeLessThan(2500)
  expect(await minimalOpenPgpKey(two.privateKey, 'other@kanzlei.example', at)).toBeUndefined()
  expect(await minimalOpenPgpKey(revoked.armored, 'anne@kanzlei.example', at)).toBeUndefined()
})
