import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { publishedOpenPgpKeys } from '../../../../src/keys/openpgp/published-openpgp-keys.ts'
import type { StoredKey } from '../../../../src/storage/key-store.ts'
import { gpgShows, ownPgpKey } from '../../../support/published-keys.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const domains = ['kanzlei.example', 'zweite.example']
const anna = 'anna@kanzlei.example'
const show = (...keys: readonly StoredKey[]) =>
  publishedOpenPgpKeys({ list: async () => keys }, domains, new Date())

describe('Our web key directory', () => {
  it('shows the key of one of us under the name that GnuPG looks for, with that user id only', async () => {
    using folder = temporaryFolder()
    const key = await ownPgpKey([anna, 'anna@zweite.example', 'anna@privat.example'])
    const shown = await show(key)
    expect(shown.map(({ domain }) => domain)).toEqual(domains)
    for (const { domain, hash, key: bytes } of shown) {
      expect(gpgShows(bytes, folder.path)).toEqual({
        isPrivate: false,
        userIds: [`Somebody <anna@${domain}>`],
        hashes: [{ hash, domain }],
      })
    }
  })

  it('shows several keys of an address as one file', async () => {
    using folder = temporaryFolder()
    const [entry, ...more] = await show(await ownPgpKey([anna]), await ownPgpKey([anna]))
    expect(more).toEqual([])
    expect(entry && gpgShows(entry.key, folder.path).userIds).toHaveLength(2)
  })

  for (const [what, change] of [
    ['of others', { hasPrivateKey: false }],
    ['that are retired', { state: 'retired' }],
    ['that wait for review', { state: 'pending' }],
    ['of other domains', { addresses: ['anna@privat.example'] }],
    ['for addresses that they do not name', { addresses: ['ben@kanzlei.example'] }],
  ] as const) {
    it(`shows no keys ${what}`, async () => {
      expect(await show(await ownPgpKey([anna, 'anna@privat.example'], change))).toEqual([])
    })
  }

  it('shows no private half, should one ever be stored as public', async () => {
    using folder = temporaryFolder()
    const file = new URL('../../../keys/pgp/dave-curve25519.sec.asc', import.meta.url)
    const key = await ownPgpKey(['dave@partner.example'], { material: readFileSync(file, 'utf8') })
    const [entry] = await publishedOpenPgpKeys({ list: async () => [key] }, ['partner.example'], new Date())
    expect(entry && gpgShows(entry.key, folder.path)).toMatchObject({ isPrivate: false })
  })
})
