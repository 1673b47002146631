import { afterAll, describe, expect, it } from 'vitest'
import { partBytes } from '../../../../src/message/build-part.ts'
import { type ByteSource, bytesInMemory, type Workspace } from '../../../../src/message/byte-source.ts'
import { decoded } from '../../../../src/message/decode-body.ts'
import type { MimeEntity } from '../../../../src/message/mime-entity.ts'
import { MimeScanner } from '../../../../src/message/mime-scanner.ts'
import { toSevenBit } from '../../../../src/message/to-seven-bit.ts'
import { inlineParts } from '../../../../src/protection/openpgp/inline-parts.ts'
import { signDetached } from '../../../../src/protection/openpgp/sign-detached.ts'
import { mailCryptoHere, openMailCrypto } from '../../../../src/protection/threads/mail-crypto.ts'
import { openWorkspace } from '../../../../src/storage/spool.ts'
import { testDecryptionKey } from '../../../support/decryption-key.ts'
import { armoredKey } from '../../../support/openpgp-judges.ts'
import { allOf } from '../../../support/smime-judges.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { testCertificate, testSigner } from '../../../support/test-keys.ts'

const never = new AbortController().signal
const folder = temporaryFolder()
const workspace = openWorkspace(folder.path, { sizeLimit: 50e6, memoryLimit: 100_000 })
const crypto = openMailCrypto()
afterAll(async () => {
  await crypto[Symbol.asyncDispose]()
  await workspace[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})
const at = new Date('2026-12-01T00:00:00Z')

/** Long enough for many pieces, with all that must be rewritten before it is signed: umlauts, bare line feeds, long lines. */
const lines = Array.from(
  { length: 12_000 },
  (_, index) => `Zeile ${index} mit Grüßen ${'x'.repeat(index % 37)}`,
)
const text = `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${lines.join('\n')}\n${'ß'.repeat(3000)}\n`
const file = `Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.alloc(400_000, 'pdf').toString('base64').replace(/.{76}/g, '$&\r\n')}`
const mixed = `--b\r\n${text}\r\n--b\r\n${file}\r\n--b--\r\n`
const entityIn = async (room: Workspace): Promise<MimeEntity> => ({
  fields: [{ name: 'Content-Type', value: ' multipart/mixed; boundary=b' }],
  body: await room.collect(bytesInMemory(Buffer.from(mixed)).stream()),
})
const entity = await entityIn(workspace)
const sevenBit = await allOf(partBytes(await toSevenBit(entity, workspace)))

const treeOf = async (source: ByteSource) => {
  const scanner = new MimeScanner()
  for await (const piece of source.stream()) scanner.push(piece)
  return scanner.end().root
}
const cmsOf = ({ body }: MimeEntity) =>
  workspace.collect(decoded(body, { bodyStart: 0, bodyEnd: body.size, transferEncoding: 'base64' }))

describe('a long S/MIME message in threads', () => {
  for (const form of ['clear', 'opaque'] as const) {
    it(`is signed as it would be here, ${form}`, async () => {
      const signed = await crypto.signEntity(never, entity, testSigner('alice-rsa'), form, workspace, at)
      const verify = async () => {
        if (form === 'opaque') return [await cmsOf(signed), undefined] as const
        const whole = partBytes(signed)
        const [covered, signature] = (await treeOf(whole)).children
        if (!covered || !signature) throw new Error('not two parts')
        const cms = await workspace.collect(decoded(whole, signature))
        return [cms, whole.window(covered.headerStart, covered.bodyEnd)] as const
      }
      const [cms, covered] = await verify()
      const verified = await crypto.verifySignedData(never, cms, covered, workspace)
      expect(verified.signers).toMatchObject([{ isIntact: true, algorithm: 'RSA-SHA256' }])
      // What was signed are the same bytes as without threads, and certificates are whole on the other side.
      expect(await allOf(covered ?? (verified.content as ByteSource))).toEqual(sevenBit)
      const here = await mailCryptoHere.verifySignedData(never, cms, covered, workspace)
      expect(verified.certificates.map(({ pem }) => pem)).toEqual(here.certificates.map(({ pem }) => pem))
      expect(verified.signers[0]?.certificate?.addresses).toEqual(['alice@kanzlei.example'])
      expect(verified.signers[0]?.capabilities).toEqual(here.signers[0]?.capabilities)
    })
  }

  for (const cipher of ['aes-256-cbc', 'aes-256-gcm'] as const) {
    it(`is encrypted and opened by ${cipher}`, async () => {
      const recipients = [{ certificate: testCertificate('bob-rsa'), keyTransport: 'rsa-oaep' }] as const
      const encrypted = await crypto.encryptEntity(never, entity, recipients, cipher, workspace)
      const opened = await crypto.openEnvelope(
        never,
        await cmsOf(encrypted),
        [testDecryptionKey('bob-rsa')],
        workspace,
      )
      if (opened.kind !== 'opened') throw new Error(opened.detail)
      expect(opened).toMatchObject({ cipher, isAuthenticated: cipher === 'aes-256-gcm' })
      expect(await allOf(opened.content)).toEqual(await allOf(partBytes(entity)))
    })
  }
})

describe('an OpenPGP message in threads', () => {
  const reader = {
    privateKeys: [armoredKey('dave-curve25519', 'sec')],
    verificationKeys: [armoredKey('carol-rsa3072', 'pub')],
  }
  const keys = {
    signer: armoredKey('carol-rsa3072', 'sec'),
    recipients: [armoredKey('dave-curve25519', 'pub')],
  }
  const encryptedPart = async (content: MimeEntity) => {
    const whole = partBytes(await crypto.signAndEncryptOpenPgp(never, content, keys, workspace, at))
    const [, part] = (await treeOf(whole)).children
    if (!part) throw new Error('not two parts')
    return whole.window(part.bodyStart, part.bodyEnd)
  }

  for (const [what, size] of [
    ['a long', undefined],
    ['a short', 100_000],
  ] as const) {
    for (const form of ['armored', 'binary'] as const) {
      it(`is signed, encrypted and opened: ${what} one, ${form}`, async () => {
        const body = entity.body.window(0, size ?? entity.body.size)
        const content =
          size === undefined ? entity : { fields: [{ name: 'Content-Type', value: ' text/plain' }], body }
        const armored = await encryptedPart(content)
        const base64 = (await allOf(armored))
          .toString('latin1')
          .replace(/^[\s\S]*?\r\n\r\n|=[\w+/]{4}\s+-----END[\s\S]*$/g, '')
        const message =
          form === 'armored'
            ? armored
            : await workspace.collect(bytesInMemory(Buffer.from(base64, 'base64')).stream())
        const opened = await crypto.openOpenPgp(never, message, reader, workspace, at)
        if (opened.kind !== 'opened') throw new Error(opened.detail)
        expect(opened.signatures).toMatchObject([{ problem: undefined }])
        expect(await allOf(opened.content)).toEqual(
          await allOf(partBytes(await toSevenBit(content, workspace))),
        )
      })
    }
  }

  it('beside its signature is verified', async () => {
    const whole = partBytes(await signDetached(entity, keys.signer, workspace, at))
    const [covered, signature] = (await treeOf(whole)).children
    if (!covered || !signature) throw new Error('not two parts')
    const bytes = whole.window(covered.headerStart, covered.bodyEnd)
    const detached = whole.window(signature.bodyStart, signature.bodyEnd)
    const verify = (content: ByteSource) =>
      crypto.verifyOpenPgp(never, content, detached, reader.verificationKeys, at)
    expect(await verify(bytes)).toMatchObject([{ problem: undefined }])
    expect(await verify(bytes.window(1, bytes.size))).toMatchObject([{ problem: 'altered' }])
  })

  it('within another mail is opened', async () => {
    const armored = (
      await allOf(await encryptedPart({ fields: [], body: bytesInMemory(Buffer.from('Grüße\r\n')) }))
    ).toString()
    const source = bytesInMemory(Buffer.from(`Content-Type: text/plain; charset=utf-8\r\n\r\n${armored}`))
    const [inline] = await inlineParts(source, await treeOf(source))
    if (!inline) throw new Error('not found')
    const opened = await crypto.openInlinePart(never, source, inline, reader, workspace, at)
    expect(opened).toMatchObject({ kind: 'opened', signatures: [{ problem: undefined }] })
  })

  it('to a key that cannot be used is refused for good, as it is here', async () => {
    const expired = { signer: undefined, recipients: [armoredKey('carol-expired', 'pub')] }
    const failure = { replyClass: 5, status: '7.5' }
    await expect(crypto.signAndEncryptOpenPgp(never, entity, expired, workspace, at)).rejects.toMatchObject(
      failure,
    )
    await expect(
      mailCryptoHere.signAndEncryptOpenPgp(never, entity, expired, workspace, at),
    ).rejects.toMatchObject(failure)
  })
})
