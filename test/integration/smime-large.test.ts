import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { partBytes } from '../../src/message/build-part.ts'
import { bytesInMemory } from '../../src/message/byte-source.ts'
import { encryptEntity } from '../../src/protection/smime/encrypt.ts'
import { signEntity } from '../../src/protection/smime/sign.ts'
import { verifySignedData } from '../../src/protection/smime/verify-signed.ts'
import { openWorkspace } from '../../src/storage/spool.ts'
import { allOf, messageOf, opensslDecrypts, opensslVerifies } from '../support/smime-judges.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { testCertificate, testKeyFile, testSigner } from '../support/test-keys.ts'

/**
 * Mail as large as Postfix takes it, beside the smaller sizes of smime.test.ts (written), smime-read.test.ts (opened, up to
 * 60 MiB) and smime-signatures.test.ts. What judges cannot do, and why it is in none of them: OpenSSL 3.0 makes no CMS with
 * Ed25519; gpgsm of GnuPG 2.2.40 reads no AuthEnvelopedData, and crashes on RSA-PSS.
 */
const folder = temporaryFolder()
const workspace = openWorkspace(folder.path, { sizeLimit: 600 * 1024 * 1024 })
const at = new Date('2026-06-01T12:00:00Z')
const bytes = randomBytes(44 * 1024 * 1024)
const body = Buffer.from(bytes.toString('base64').replaceAll(/.{1,76}/g, '$&\r\n'))
const mail = {
  fields: [
    { name: 'Content-Type', value: ' application/pdf' },
    { name: 'Content-Transfer-Encoding', value: ' base64' },
  ],
  body: bytesInMemory(body),
}
afterAll(async () => {
  await workspace[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

test('60 MB, signed and encrypted, are decrypted and verified by OpenSSL', async () => {
  expect(body.length).toBeGreaterThan(60e6)
  const signed = await signEntity(mail, testSigner('alice-rsa'), 'clear', workspace, at)
  const recipients = [{ certificate: testCertificate('bob-rsa'), keyTransport: 'rsa-pkcs1' as const }]
  const encrypted = await encryptEntity(signed, recipients, 'aes-256-cbc', workspace)
  const inside = opensslDecrypts(await messageOf(encrypted), 'bob-rsa', folder.path)
  const content = opensslVerifies(inside, folder.path)
  expect(content?.equals(await allOf(partBytes(mail)))).toBe(true)
}, 120_000)

test('60 MB that OpenSSL signed, around its content, are verified by us', async () => {
  const [input, output] = [join(folder.path, 'large'), join(folder.path, 'large.der')]
  writeFileSync(input, body)
  const signer = ['-signer', testKeyFile('bob-ec.cert.pem'), '-inkey', testKeyFile('bob-ec.key.pem')]
  const args = ['cms', '-sign', '-binary', '-nodetach', '-in', input, '-outform', 'DER', '-out', output]
  execFileSync('openssl', [...args, ...signer], { stdio: 'pipe' })
  const signature = await verifySignedData(bytesInMemory(readFileSync(output)), undefined, workspace)
  expect(signature.signers).toMatchObject([{ isIntact: true }])
  expect(signature.content?.size).toBe(body.length)
}, 120_000)
