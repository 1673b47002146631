import { execFileSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { readCertificate } from '../../../../src/keys/x509/certificate.ts'
import { allows } from '../../../../src/keys/x509/usable-for.ts'
import { partBytes } from '../../../../src/message/build-part.ts'
import { bytesInMemory, type Workspace } from '../../../../src/message/byte-source.ts'
import type {
  ContentCipher,
  EncryptionRecipient,
} from '../../../../src/protection/smime/choose-algorithms.ts'
import { encryptEntity } from '../../../../src/protection/smime/encrypt.ts'
import { type DecryptionKey, openEnvelope } from '../../../../src/protection/smime/open-enveloped.ts'
import { openWorkspace } from '../../../../src/storage/spool.ts'
import { allOf } from '../../../support/smime-judges.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { testCertificate, testKeyFile, testSigner } from '../../../support/test-keys.ts'

describe('what we encrypt', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let workspace: Workspace
  beforeAll(() => {
    folder = temporaryFolder()
    workspace = openWorkspace(folder.path, { sizeLimit: 1024 * 1024 })
  })
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  /** What `key` reads of `body` after encryption. */
  async function through(
    body: Uint8Array,
    recipients: readonly EncryptionRecipient[],
    cipher: ContentCipher,
    key: DecryptionKey,
  ) {
    const fields = [{ name: 'Content-Type', value: ' application/octet-stream' }]
    const entity = { fields, body: bytesInMemory(body) }
    const { body: encoded } = await encryptEntity(entity, recipients, cipher, workspace)
    const cms = Buffer.from((await allOf(encoded)).toString('latin1'), 'base64')
    const opened = await openEnvelope(bytesInMemory(cms), [key], workspace)
    if (opened.kind === 'closed') throw new Error(opened.reason)
    expect(await allOf(opened.content)).toEqual(await allOf(partBytes(entity)))
    return opened
  }

  test('is what we read, whatever it is and to whom', async () => {
    const names = ['bob-rsa', 'bob-ec', 'alice-rsa', 'alice-ec'] as const
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3000 }),
        fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
        fc.constantFrom('aes-256-cbc', 'aes-256-gcm'),
        fc.constantFrom('rsa-pkcs1', 'rsa-oaep'),
        async (body, to, cipher, keyTransport) => {
          const recipients = to.map((name) => ({ certificate: testCertificate(name), keyTransport }))
          const key = testSigner(to.at(-1) ?? 'bob-rsa')
          const opened = await through(body, recipients, cipher, key)
          expect(opened).toMatchObject({ cipher, isAuthenticated: cipher === 'aes-256-gcm' })
        },
      ),
      { numRuns: 60 },
    )
  })

  // OpenSSL 3.0 has no X25519 in CMS: this is our word alone.
  it('to a key of X25519 is what we read', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('x25519')
    const file = join(folder.path, 'x25519.pem')
    writeFileSync(file, publicKey.export({ type: 'spki', format: 'pem' }))
    const issuer = [
      '-CA',
      testKeyFile('intermediate-ca.cert.pem'),
      '-CAkey',
      testKeyFile('intermediate-ca.key.pem'),
    ]
    const made = ['x509', '-new', '-force_pubkey', file, '-subj', '/CN=X25519', ...issuer]
    const certificate = readCertificate(execFileSync('openssl', made, { stdio: 'pipe' }))
    expect([allows(certificate, 'encrypt'), allows(certificate, 'sign')]).toEqual([true, false])
    const recipients = [{ certificate, keyTransport: 'rsa-pkcs1' as const }]
    await through(Buffer.from('Guten Tag'), recipients, 'aes-256-gcm', {
      certificate,
      privateKey: createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    })
  })

  it('is not written to a key that can only sign', async () => {
    const recipients = [{ certificate: testCertificate('alice-ed25519'), keyTransport: 'rsa-pkcs1' as const }]
    const entity = { fields: [], body: bytesInMemory(Buffer.of()) }
    await expect(encryptEntity(entity, recipients, 'aes-256-cbc', workspace)).rejects.toThrow(
      'cannot be encrypted to',
    )
  })
})
