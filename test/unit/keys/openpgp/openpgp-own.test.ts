import * as openpgp from 'openpgp'
import { expect, it } from 'vitest'
import { readOpenPgpKey } from '../../../../src/keys/openpgp/openpgp-key.ts'
import {
  generateOpenPgpKey,
  revokeOpenPgpKey,
  unlockOpenPgpKey,
} from '../../../../src/keys/openpgp/openpgp-own.ts'

const at = new Date('2026-12-01T00:00:00Z')
const later = new Date('2027-01-01T00:00:00Z')
const generated = await generateOpenPgpKey(
  { name: 'Anne "A" <Kanzlei>', address: 'Anne@Kanzlei.example' },
  at,
)

it('a key of ours is of version 4, for its address, and announces nothing that GnuPG cannot read', async () => {
  expect(generated).toMatchObject({
    version: 4,
    addresses: ['anne@kanzlei.example'],
    createdAt: at,
    expiresAt: undefined,
    isPrivate: true,
    isLocked: false,
  })
  expect(await generated.problemFor('encrypt', at)).toBeUndefined()
  expect(await generated.problemFor('sign', at)).toBeUndefined()
  const key = await openpgp.readKey({ armoredKey: generated.armored })
  expect(key.getAlgorithmInfo()).toMatchObject({ algorithm: 'eddsaLegacy', curve: 'ed25519Legacy' })
  // Bit 1 of features is MDC; AEAD would be others (RFC 9580 5.2.3.32).
  expect([...((await key.getPrimaryUser(at)).selfCertification.features ?? [])]).toEqual([1])
  expect(key.getUserIDs()).toEqual(['Anne A Kanzlei <anne@kanzlei.example>'])
})

it('nobody gets a key without an address', async () => {
  await expect(generateOpenPgpKey({ name: 'x', address: 'x' }, at)).rejects.toMatchObject({
    problem: 'no-address',
  })
})

it('a compromised key is revoked for the past as well, a superseded one from then on', async () => {
  const compromised = await revokeOpenPgpKey(generated.armored, 'compromised', later)
  expect(await compromised.problemFor('sign', at)).toBe('revoked')
  const superseded = await revokeOpenPgpKey(generated.armored, 'superseded', later)
  expect(await superseded.problemFor('sign', new Date('2026-12-02'))).toBeUndefined()
  expect(await superseded.problemFor('encrypt', new Date('2027-01-02'))).toBe('revoked')
})

it('a key with a passphrase is opened by it alone', async () => {
  const key = await openpgp.readPrivateKey({ armoredKey: generated.armored })
  const locked = (await openpgp.encryptKey({ privateKey: key, passphrase: 'Käse' })).armor()
  const read = await readOpenPgpKey(locked, at)
  expect(read).toMatchObject({ isPrivate: true, isLocked: true })
  expect(await read.problemFor('sign', at)).toBe('locked')
  await expect(unlockOpenPgpKey(locked, 'Kase', at)).rejects.toMatchObject({ problem: 'wrong-password' })
  const unlocked = await unlockOpenPgpKey(locked, 'Käse', at)
  expect(unlocked).toMatchObject({ isLocked: false, fingerprint: generated.fingerprint })
  expect(await unlocked.problemFor('sign', at)).toBeUndefined()
})
