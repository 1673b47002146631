import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileStates } from '../../../../src/keys/file-states.ts'
import { findCertificates } from '../../../../src/keys/find-keys.ts'
import { offerKey } from '../../../../src/keys/offer-key.ts'
import { type PartnerAnchors, partnerAnchorsFrom } from '../../../../src/keys/x509/partner-anchors.ts'
import { authority, mailUser, makeCertificate } from '../../../support/make-certificate.ts'
import { openTestStorage } from '../../../support/open-test-storage.ts'
import { storedCertificate } from '../../../support/stored-key.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { testCertificate, testKeyFile } from '../../../support/test-keys.ts'

const bob = 'bob@partner.example'
const eve = 'eve@other.example'

describe('the authority of a partner', () => {
  using folder = temporaryFolder()
  const house = makeCertificate(folder.path, { name: 'house', extensions: authority })
  const made = (name: string, address: string) =>
    makeCertificate(folder.path, { name, issuer: house, extensions: mailUser(address) }).certificate
  const [ofBob, ofEve, ofBoth] = [made('bob', bob), made('eve', eve), made('both', `${bob},email:${eve}`)]
  const at = new Date(ofBob.notBefore.getTime() + 86_400_000)
  const partnerAnchors: PartnerAnchors = async (address) =>
    address.endsWith('@partner.example') ? [house.certificate] : []
  const usedFor = async (address: string, certificate: typeof ofBob) => {
    const key = storedCertificate(certificate, { trust: 'harvested', source: 'signed mail' })
    const keyStore = { find: async () => [key], privateKeyOf: async () => undefined }
    const found = await findCertificates({ keyStore, anchors: [], partnerAnchors }, address, 'encrypt', at)
    return found.usable.length > 0 ? 'used' : found.setAside[0]?.reason
  }

  it('counts for his addresses', async () => {
    expect(await usedFor(bob, ofBob)).toBe('used')
  })

  it('never vouches for somebody else, not even beside an address of his', async () => {
    expect(await usedFor(eve, ofEve)).toBe('untrusted')
    expect(await usedFor(bob, ofBoth)).toBe('used')
    expect(await usedFor(eve, ofBoth)).toBe('untrusted')
  })

  it('brings a certificate into the store for his addresses only', async () => {
    await using storage = await openTestStorage()
    const { keyStore } = storage
    const offer = (material: string, address: string) =>
      offerKey(
        { kind: 'smime', material, addresses: [address], source: 'signed mail', trust: 'harvested' },
        { keyStore, anchors: [], partnerAnchors, at },
      )
    expect(await offer(ofBoth.pem, bob)).toMatchObject({ kind: 'added' })
    expect((await keyStore.list()).flatMap(({ addresses }) => addresses)).toEqual([bob])
    expect(await offer(ofEve.pem, eve)).toMatchObject({ kind: 'refused', reason: /^untrusted/ })
  })
})

it('a file of a partner’s authorities is read again when it changes, and counts for nobody while it cannot be read', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'partner.pem')
  const problems: unknown[] = []
  const anchors = partnerAnchorsFrom(
    () => [file, testKeyFile('intermediate-ca.cert.pem')],
    (error) => problems.push(error),
    fileStates(0),
  )
  const prints = async () => (await anchors(bob)).map(({ fingerprint }) => fingerprint)
  const [root, intermediate] = ['root-ca', 'intermediate-ca'].map((name) => testCertificate(name))
  expect(await prints()).toEqual([intermediate?.fingerprint])
  expect(await prints()).toEqual([intermediate?.fingerprint])
  expect(problems).toHaveLength(1)
  writeFileSync(file, root?.pem ?? '')
  expect(await prints()).toEqual([root?.fingerprint, intermediate?.fingerprint])
  rmSync(file)
  expect(await prints()).toEqual([intermediate?.fingerprint])
  writeFileSync(file, 'to be done')
  expect(await prints()).toEqual([intermediate?.fingerprint])
  expect(problems).toHaveLength(3)
})
