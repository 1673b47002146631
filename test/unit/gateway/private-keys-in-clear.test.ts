import { createPrivateKey } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { keyHandlers } from '../../../src/gateway/calls/key-handlers.ts'
import { libraryKey } from '../../../src/keys/openpgp/openpgp-key.ts'
import { openPgpLibrary } from '../../../src/keys/openpgp/openpgp-library.ts'
import { ownKeysIn } from '../../../src/keys/own-keys.ts'
import { jsonLog } from '../../../src/log/json-log.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { testKey } from '../../support/open-test-storage.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { testCertificate, testKeyFile } from '../../support/test-keys.ts'

const at = new Date('2028-01-01T12:00:00Z')
const read = (name: string) => readFileSync(testKeyFile(name))
const password = 'KANARIENVOGEL-im-Kohlebergwerk'

/** The numbers that make a private key, as bytes. */
function secretsOf(pem: Buffer): Buffer[] {
  const { d, p, q, dp, dq, qi } = createPrivateKey(pem).export({ format: 'jwk' })
  return [d, p, q, dp, dq, qi].flatMap((part) => (part === undefined ? [] : [Buffer.from(part, 'base64url')]))
}
async function openPgpSecretsOf(armored: Buffer): Promise<Buffer[]> {
  const key = await libraryKey(armored.toString(), await openPgpLibrary())
  return key.getKeys().flatMap(({ keyPacket }) => {
    const { privateParams } = keyPacket as unknown as { privateParams: Record<string, Uint8Array> }
    return Object.values(privateParams).map((part) => Buffer.from(part))
  })
}

/** A secret as it would stand in a file: raw, in hex, or in base64 at each of its three offsets. */
function formsOf(secret: Buffer): (string | Buffer)[] {
  // 24 bytes in a row are no chance.
  const part = secret.subarray(4, 28)
  return [
    part,
    part.toString('hex'),
    part.toString('hex').toUpperCase(),
    ...[0, 1, 2].map((skipped) => part.subarray(skipped, skipped + 21).toString('base64')),
  ]
}

/** Everything that a stopped system leaves on its disk, and all that was logged and answered meanwhile. */
async function leftBehind(files: readonly string[]): Promise<Buffer> {
  using folder = temporaryFolder()
  const seen: string[] = []
  {
    await using storage = await openStorage({
      database: { kind: 'sqlite', file: join(folder.path, 'postsiegel.sqlite') },
      blobs: join(folder.path, 'blobs'),
      masterKey: testKey,
    })
    const calls = keyHandlers({
      storage,
      anchors: [testCertificate('root-ca')],
      settings: { postfix: { configDirectory: '/nonexistent', notices: '' } },
      leastTrustFor: () => 'discovered',
      now: () => at,
      log: jsonLog(
        (line) => seen.push(line),
        () => at,
      ),
    })
    const answered = async (answer: Promise<unknown>) =>
      seen.push(JSON.stringify(await answer.catch((error: unknown) => String(error))))
    for (const name of files) {
      const file = read(name).toString('base64')
      await answered(calls['key-import']({ file, password: `${password} falsch` }))
      await answered(calls['key-import']({ file, password: 'test' }))
    }
    for (const { fingerprint, addresses } of await storage.keyStore.list()) {
      await calls['key-export-private']({ key: fingerprint, password })
      for (const call of ['key-show', 'key-export'] as const)
        await answered(calls[call]({ key: fingerprint }))
      for (const address of addresses) await answered(calls['key-explain']({ address }))
      await answered(calls['key-change']({ key: fingerprint, act: 'retire' }))
    }
    await answered(calls['key-list']({}))
    // A running gateway unseals keys, and writes blobs beside them.
    const { issuer, serialNumber } = testCertificate('alice-rsa')
    await ownKeysIn(storage.keyStore).smimeKeysFor([{ kind: 'issuerAndSerialNumber', issuer, serialNumber }])
    await ownKeysIn(storage.keyStore).openpgpKeysFor(['0000000000000000'])
    await storage.blobs.put(bytesInMemory(read('alice-rsa.key.pem')).stream())
  }
  const left = readdirSync(folder.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
  expect(left.length).toBeGreaterThanOrEqual(2)
  return Buffer.concat([...left, Buffer.from(seen.join('\n'))])
}

describe('nothing of a private key can be read from what a stopped system leaves, its log or its answers', () => {
  it('for keys of S/MIME and OpenPGP, nor their passwords', async () => {
    const left = await leftBehind([
      ...['alice-rsa.p12', 'alice-rsa-legacy.p12', 'alice-ec.p12', 'alice-expired.p12'],
      ...['../pgp/carol-rsa3072.sec.asc', '../pgp/dave-curve25519.sec.asc'],
    ])
    const secrets = [
      ...['alice-rsa', 'alice-ec', 'alice-expired'].flatMap((name) => secretsOf(read(`${name}.key.pem`))),
      ...(await openPgpSecretsOf(read('../pgp/carol-rsa3072.sec.asc'))),
      ...(await openPgpSecretsOf(read('../pgp/dave-curve25519.sec.asc'))),
    ]
    expect(secrets.length).toBeGreaterThan(20)
    for (const secret of secrets) for (const form of formsOf(secret)) expect(left.includes(form)).toBe(false)
    expect(left.includes('PRIVATE KEY')).toBe(false)
    expect(left.includes(password)).toBe(false)
  })

  it('which a search like this one would find', () => {
    const pem = read('alice-rsa.key.pem')
    const body = pem.toString().replaceAll(/-----.*-----|\s/g, '')
    for (const secret of secretsOf(pem)) {
      expect(formsOf(secret).some((form) => body.includes(form.toString()))).toBe(true)
      expect(Buffer.from(body, 'base64').includes(formsOf(secret)[0] ?? '')).toBe(true)
    }
  })
})
