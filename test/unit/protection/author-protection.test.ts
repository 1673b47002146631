import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { partBytes } from '../../../src/message/build-part.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import type { MimeEntity } from '../../../src/message/mime-entity.ts'
import { authorProtection, isForOwnerOf } from '../../../src/protection/author-protection.ts'
import { signAndEncrypt } from '../../../src/protection/openpgp/sign-and-encrypt.ts'
import { signDetached } from '../../../src/protection/openpgp/sign-detached.ts'
import { encryptEntity } from '../../../src/protection/smime/encrypt.ts'
import { signEntity } from '../../../src/protection/smime/sign.ts'
import { openWorkspace } from '../../../src/storage/spool.ts'
import { armoredKey } from '../../support/openpgp-judges.ts'
import { receivedMessage } from '../../support/received-message.ts'
import { allOf } from '../../support/smime-judges.ts'
import { testCertificate, testSigner } from '../../support/test-keys.ts'

const at = new Date()
const text: MimeEntity = {
  fields: [{ name: 'Content-Type', value: ' text/plain' }],
  body: bytesInMemory(Buffer.from('Vertraulich\r\n')),
}
const keyTransport = 'rsa-pkcs1' as const
const toBob = [{ certificate: testCertificate('bob-rsa'), keyTransport }]

async function found(content: string | Uint8Array) {
  await using workspace = openWorkspace(tmpdir(), { sizeLimit: 10e6 })
  return await authorProtection(receivedMessage(content), workspace)
}

async function made(make: (workspace: ReturnType<typeof openWorkspace>) => Promise<MimeEntity>) {
  await using workspace = openWorkspace(tmpdir(), { sizeLimit: 10e6 })
  return Buffer.concat([Buffer.from('From: a@b.example\r\n'), await allOf(partBytes(await make(workspace)))])
}

const smime = () => made((workspace) => encryptEntity(text, toBob, 'aes-256-cbc', workspace))
const openpgp = () =>
  made((workspace) =>
    signAndEncrypt(
      text,
      { signer: undefined, recipients: [armoredKey('dave-curve25519', 'pub')] },
      workspace,
      at,
    ),
  )

describe('what an author’s own program made', () => {
  it('is an S/MIME envelope that names its recipient', async () => {
    const protection = await found(await smime())
    if (protection.kind !== 'encrypted') throw new Error('not seen')
    expect(protection.format).toBe('smime')
    expect(isForOwnerOf([testCertificate('bob-rsa')], protection.identifiers)).toBe(true)
    expect(isForOwnerOf([testCertificate('alice-rsa')], protection.identifiers)).toBe(false)
    expect(isForOwnerOf([], protection.identifiers)).toBe(true)
  })

  it('is an authenticated envelope', async () => {
    expect(
      await found(await made((workspace) => encryptEntity(text, toBob, 'aes-256-gcm', workspace))),
    ).toMatchObject({ kind: 'encrypted', format: 'smime' })
  })

  it('is an OpenPGP message in its structure of two parts', async () => {
    expect(await found(await openpgp())).toMatchObject({ kind: 'encrypted', format: 'openpgp' })
  })

  it('is an OpenPGP message as text', async () => {
    const whole = (await openpgp()).toString('latin1')
    const armor = /-----BEGIN PGP MESSAGE-----.*-----END PGP MESSAGE-----/s.exec(whole)?.[0] ?? ''
    expect(await found(`From: a@b.example\n\n${armor}\n`)).toMatchObject({
      kind: 'encrypted',
      format: 'openpgp',
    })
    expect(await found(`From: a@b.example\n\nGeheim:\n${armor}\n`)).toEqual({ kind: 'none' })
    expect(await found(`From: a@b.example\n\n${armor}\nGeheim\n`)).toEqual({ kind: 'none' })
  })

  for (const form of ['clear', 'opaque'] as const) {
    it(`is a ${form} signature`, async () => {
      const signed = await made((workspace) => signEntity(text, testSigner('alice-rsa'), form, workspace, at))
      expect(await found(signed)).toEqual({ kind: 'signed' })
    })
  }

  it('is an OpenPGP signature', async () => {
    const key = armoredKey('dave-curve25519', 'sec')
    expect(await found(await made((workspace) => signDetached(text, key, workspace, at)))).toEqual({
      kind: 'signed',
    })
  })
})

const armored = (text: string) =>
  `-----BEGIN PGP MESSAGE-----\n\n${Buffer.from(text, 'latin1').toString('base64')}\n-----END PGP MESSAGE-----\n`
const pgpMime = (second: string, more = '') =>
  `Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream\n\n${second}\n${more}--b--\n`

describe('nothing is protected by words alone', () => {
  for (const [what, message] of [
    [
      'a type above plain text',
      'Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nGeheim\n',
    ],
    [
      'a type above base64 of plain text',
      'Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\nR2VoZWlt\n',
    ],
    [
      'the identifier of an envelope without one',
      'Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\nMBgGCSqGSIb3DQEHA6ALR2VoZWltR2VoZWlt\n',
    ],
    ['a structure of two parts with text in it', pgpMime('Geheim')],
    ['armor around text', pgpMime(armored('Geheim'))],
    ['armor around packed text', pgpMime(armored('\xcb\x0cb\x00\x00\x00\x00\x00Geheim'))],
    ['armor around data without a session key', pgpMime(armored(`\xd2\x30\x01${'Geheim'.repeat(8)}`))],
    [
      'a third part',
      pgpMime(armored(`\xc1\x0a\x03${'k'.repeat(9)}\xd2\x31\x01${'x'.repeat(48)}`), '--b\n\nGeheim\n'),
    ],
    [
      'a signed structure without protocol',
      'Content-Type: multipart/signed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: application/pkcs7-signature\n\nx\n--b--\n',
    ],
    [
      'a signed structure with one part',
      'Content-Type: multipart/signed; protocol=x; boundary=b\n\n--b\n\nx\n--b--\n',
    ],
  ] as const) {
    it(`not by ${what}`, async () => {
      expect(await found(`From: a@b.example\n${message}`)).toEqual({ kind: 'none' })
    })
  }

  it('not by an envelope that is only a part of the message', async () => {
    const part = (await smime()).toString('latin1').replace(/^From.*\r\n/, '')
    expect(
      await found(
        `From: a@b.example\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n\nGeheim\n--bb\n${part}\n--bb--\n`,
      ),
    ).toEqual({ kind: 'none' })
  })
})

test('arbitrary and changed bytes are seen in time, and never as more than they are', async () => {
  const whole = await smime()
  const head = whole.indexOf('\r\n\r\n') + 4
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - head - 1), fc.nat(255), async (offset, byte) => {
      const changed = Buffer.from(whole)
      changed[head + offset] = byte
      expect(['none', 'encrypted']).toContain((await found(changed)).kind)
    }),
    { numRuns: 60 },
  )
})
