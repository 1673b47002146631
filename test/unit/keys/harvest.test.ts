import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { harvest, keysInMail, type MailWithKeys } from '../../../src/keys/harvest.ts'
import { autocryptField } from '../../../src/keys/openpgp/autocrypt.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import { keysForLayers } from '../../../src/protection/keys-for-layers.ts'
import { openLayers } from '../../../src/protection/open-layers.ts'
import { openMessage } from '../../../src/protection/open-message.ts'
import { signEntity } from '../../../src/protection/smime/sign.ts'
import { mailCryptoHere } from '../../../src/protection/threads/mail-crypto.ts'
import { openWorkspace } from '../../../src/storage/spool.ts'
import { mailOf } from '../../support/arriving-mail.ts'
import { openTestStorage } from '../../support/open-test-storage.ts'
import { receivedMessage } from '../../support/received-message.ts'
import { testCertificate, testSigner } from '../../support/test-keys.ts'

const at = new Date('2026-12-01T12:00:00Z')
const dave = 'dave@partner.example'
const pgp = (name: string) => readFileSync(new URL(`../../keys/pgp/${name}.asc`, import.meta.url), 'latin1')
const both = { autocrypt: true, harvest: true }
const bob = testCertificate('bob-rsa')
const bobAddress = bob.addresses[0] ?? ''
const brought = {
  material: bob.pem,
  chain: [testCertificate('intermediate-ca').pem],
  capabilities: ['2.16.840.1.101.3.4.1.42'],
}
const anchors = [testCertificate('root-ca')]

const mail = (text: string, change: Partial<MailWithKeys> = {}): MailWithKeys => {
  const { fields, source, tree } = receivedMessage(text)
  return {
    fields,
    author: dave,
    isAuthentic: true,
    brought: [],
    opened: { source, root: tree.root },
    ...change,
  }
}
const plain = (more = '') => `From: Dave <${dave}>\nSubject: Akte\n${more}\nText\n`
const attached = (name: string) =>
  [
    `From: Dave <${dave}>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    'Text',
    '--b',
    'Content-Type: application/pgp-keys; name=key.asc',
    '',
    pgp(name),
    '--b--',
    '',
  ].join('\n')

async function autocryptMail(change: Partial<MailWithKeys> = {}, more = '') {
  const field = await autocryptField(pgp('dave-curve25519.pub'), dave, at)
  return mail(plain(`Autocrypt:${field?.value.replaceAll('\r\n', '\n')}\n${more}`), change)
}

describe('The keys that a mail brings of its author', () => {
  it('are that of the Autocrypt field, with the least trust', async () => {
    expect(await keysInMail(await autocryptMail(), both, at)).toMatchObject([
      { kind: 'openpgp', source: 'autocrypt', trust: 'harvested', addresses: [dave] },
    ])
  })

  it('are attached ones, if they name him and are public', async () => {
    expect(await keysInMail(mail(attached('dave-curve25519.pub')), both, at)).toMatchObject([
      { kind: 'openpgp', source: 'attached key', trust: 'harvested', addresses: [dave] },
    ])
    for (const name of ['carol-rsa3072.pub', 'dave-curve25519.sec'])
      expect(await keysInMail(mail(attached(name)), both, at)).toEqual([])
  })

  it('are certificates that a valid signature brought, also where nothing else says whose the mail is', async () => {
    const signed = mail(plain(), { author: bobAddress, brought: [brought], isAuthentic: false })
    expect(await keysInMail(signed, both, at)).toEqual([
      { kind: 'smime', ...brought, source: 'signed mail', trust: 'harvested', addresses: [bobAddress] },
    ])
  })

  for (const [what, make] of [
    ['is not authentic', () => autocryptMail({ isAuthentic: false })],
    ['has another author', () => autocryptMail({ author: 'carol@partner.example' })],
    ['comes over a list', () => autocryptMail({}, 'List-Id: <akten.partner.example>\n')],
    ['is a report', () => autocryptMail({}, 'Content-Type: multipart/report; boundary=b\n')],
    ['has an odd author', () => autocryptMail({ author: 'dave@[192.0.2.1]' })],
  ] as const) {
    it(`are none where it ${what}`, async () => expect(await keysInMail(await make(), both, at)).toEqual([]))
  }

  it('are not looked for where the settings say so', async () => {
    const one = await autocryptMail({ brought: [brought] })
    expect(await keysInMail(one, { autocrypt: false, harvest: true }, at)).toMatchObject([{ kind: 'smime' }])
    expect(await keysInMail(one, { autocrypt: true, harvest: false }, at)).toMatchObject([
      { kind: 'openpgp' },
    ])
    expect(await keysInMail(one, { autocrypt: false, harvest: false }, at)).toEqual([])
  })
})

describe('What was harvested', () => {
  it('is a certificate to write to, with what its owner can read', async () => {
    await using storage = await openTestStorage()
    const signed = mail(plain(), { author: bobAddress, brought: [brought] })
    const keys = await keysInMail(signed, both, at)
    const parts = { keyStore: storage.keyStore, anchors, at }
    expect(await harvest(keys, parts)).toMatchObject([{ kind: 'added' }])
    const { capabilities } = brought
    expect(await storage.keyStore.find(bobAddress)).toMatchObject([
      { kind: 'smime', source: 'signed mail', trust: 'harvested', state: 'active', capabilities },
    ])
    // His word of today counts for a certificate that was imported, too.
    const newer = ['2.16.840.1.101.3.4.1.46']
    for (const key of await storage.keyStore.find(bobAddress))
      await storage.keyStore.add({ ...key, trust: 'manual' })
    await harvest(
      await keysInMail({ ...signed, brought: [{ ...brought, capabilities: newer }] }, both, at),
      parts,
    )
    expect(await storage.keyStore.find(bobAddress)).toMatchObject([{ trust: 'manual', capabilities: newer }])
  })

  it('is no certificate that no authority answers for', async () => {
    await using storage = await openTestStorage()
    const own = testCertificate('bob-selfsigned')
    const signed = mail(plain(), {
      author: own.addresses[0] ?? '',
      brought: [{ material: own.pem, chain: [], capabilities: [] }],
    })
    const results = await harvest(await keysInMail(signed, both, at), {
      keyStore: storage.keyStore,
      anchors,
      at,
    })
    expect(results).toMatchObject([{ kind: 'refused' }])
    expect(await storage.keyStore.list()).toEqual([])
  })
})

describe('A signature', () => {
  const open = async (bytes: Uint8Array) => {
    await using storage = await openTestStorage()
    await using workspace = openWorkspace(tmpdir(), { sizeLimit: 1e7 })
    const checkRevocation = async () =>
      ({ kind: 'good', detail: '', checkedBy: 'none', isBlocking: false }) as const
    const partnerAnchors = async () => []
    const openers = openLayers(
      keysForLayers(storage.keyStore, { anchors, partnerAnchors, checkRevocation }),
      mailCryptoHere,
    )
    const received = receivedMessage(bytes, { receivedAt: at })
    return (await openMessage(received, openers, workspace, new AbortController().signal)).brought
  }
  const signedMail = (form: 'clear' | 'opaque') =>
    mailOf((workspace) => {
      const entity = {
        fields: [{ name: 'Content-Type', value: ' text/plain' }],
        body: bytesInMemory(Buffer.from('Text\r\n')),
      }
      return signEntity(entity, testSigner('bob-rsa'), form, workspace, at)
    })
  for (const form of ['clear', 'opaque'] as const) {
    it(`of the author brings his certificate and capabilities (${form})`, async () => {
      const [found, ...more] = await open(await signedMail(form))
      expect(found).toMatchObject({ material: bob.pem })
      expect(found?.capabilities.length).toBeGreaterThan(0)
      expect(more).toEqual([])
    })
  }
  it('that is broken, or of somebody else, brings nothing', async () => {
    const text = (await signedMail('clear')).toString('latin1')
    expect(await open(Buffer.from(text.replace('Text\r\n', 'Test\r\n'), 'latin1'))).toEqual([])
    expect(await open(Buffer.from(text.replace('bob@partner', 'eve@partner'), 'latin1'))).toEqual([])
  })
})
