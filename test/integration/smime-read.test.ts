import { execFileSync } from 'node:child_process'
import { createHash, createPrivateKey, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytesInMemory, type Workspace } from '../../src/message/byte-source.ts'
import { type DecryptionKey, openEnvelope } from '../../src/protection/smime/open-enveloped.ts'
import { readEnvelope } from '../../src/protection/smime/read-envelope.ts'
import { openWorkspace } from '../../src/storage/spool.ts'
import { testDecryptionKey } from '../support/decryption-key.ts'
import { mailUser, makeCertificate } from '../support/make-certificate.ts'
import { allOf, startGpgsm } from '../support/smime-judges.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { testKeyFile } from '../support/test-keys.ts'

const mebibyte = 1024 * 1024
const text = Buffer.from('Content-Type: text/plain; charset=utf-8\r\n\r\nGrüße, und 4711 Euro.\r\n')

const rsaKeys = ['alice-rsa', 'bob-rsa', 'alice-expired', 'bob-revoked', 'bob-selfsigned', 'bob-wrong-email']
const ecKeys = ['alice-ec', 'bob-ec']
const ciphers = [
  ['-des3', 'des-ede3-cbc', false],
  ['-aes-128-cbc', 'aes-128-cbc', false],
  ['-aes-192-cbc', 'aes-192-cbc', false],
  ['-aes-256-cbc', 'aes-256-cbc', false],
  ['-aes-128-gcm', 'aes-128-gcm', true],
  ['-aes-192-gcm', 'aes-192-gcm', true],
  ['-aes-256-gcm', 'aes-256-gcm', true],
] as const
const oaep = ['-keyopt', 'rsa_padding_mode:oaep']
const transports: readonly (readonly [string, readonly string[]])[] = [
  ['RSA PKCS#1 v1.5', []],
  ['RSA-OAEP', oaep],
  ...['sha1', 'sha256', 'sha384', 'sha512'].map(
    (hash) => [`RSA-OAEP ${hash}`, [...oaep, '-keyopt', `rsa_oaep_md:${hash}`]] as const,
  ),
  ['RSA-OAEP sha256, mask sha1', [...oaep, '-keyopt', 'rsa_oaep_md:sha256', '-keyopt', 'rsa_mgf1_md:sha1']],
  ['RSA-OAEP sha1, mask sha512', [...oaep, '-keyopt', 'rsa_oaep_md:sha1', '-keyopt', 'rsa_mgf1_md:sha512']],
  ['RSA-OAEP with a label', [...oaep, '-keyopt', 'rsa_oaep_md:sha256', '-keyopt', 'rsa_oaep_label:616263']],
  [
    'RSA-OAEP sha384, mask sha1, with a label',
    [
      ...[...oaep, '-keyopt', 'rsa_oaep_md:sha384', '-keyopt', 'rsa_mgf1_md:sha1'],
      ...['-keyopt', 'rsa_oaep_label:616263'],
    ],
  ],
]
const agreements: readonly (readonly [string, readonly string[]])[] = [
  ['ECDH', []],
  ...['sha1', 'sha224', 'sha256', 'sha384', 'sha512'].flatMap((hash) =>
    ['-aes128-wrap', '-aes192-wrap', '-aes256-wrap'].map(
      (wrap) => [`ECDH ${hash}, ${wrap.slice(1)}`, ['-keyopt', `ecdh_kdf_md:${hash}`, wrap]] as const,
    ),
  ),
  ...['sha1', 'sha256', 'sha512'].map(
    (hash) =>
      [
        `cofactor ECDH ${hash}`,
        ['-keyopt', 'ecdh_cofactor_mode:1', '-keyopt', `ecdh_kdf_md:${hash}`, '-aes256-wrap'],
      ] as const,
  ),
]

describe('mail that was encrypted to us', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let workspace: Workspace
  let gpgsm: ReturnType<typeof startGpgsm>
  beforeAll(() => {
    folder = temporaryFolder()
    workspace = openWorkspace(folder.path, { sizeLimit: 100 * mebibyte })
    gpgsm = startGpgsm(folder.path)
  })
  afterAll(async () => {
    gpgsm[Symbol.dispose]()
    await workspace[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  /** What `openssl cms -encrypt` writes; `recipients` are files, each followed by options for its key. */
  function opensslEncrypts(
    content: Uint8Array,
    options: readonly string[],
    recipients: readonly string[][],
  ): Buffer {
    const [input, output] = [join(folder.path, 'plain'), join(folder.path, 'encrypted.der')]
    writeFileSync(input, content)
    const to = recipients.flatMap(([file = '', ...own]) => ['-recip', file, ...own])
    execFileSync(
      'openssl',
      ['cms', '-encrypt', '-binary', '-in', input, '-outform', 'DER', '-out', output, ...options, ...to],
      { stdio: 'pipe' },
    )
    return readFileSync(output)
  }
  const file = (name: string) => testKeyFile(`${name}.cert.pem`)
  const open = (bytes: Uint8Array, key: DecryptionKey) => openEnvelope(bytesInMemory(bytes), [key], workspace)
  async function opened(bytes: Uint8Array, key: DecryptionKey) {
    const result = await open(bytes, key)
    if (result.kind !== 'opened') throw new Error(result.detail)
    return { ...result, content: await allOf(result.content) }
  }

  for (const name of [...rsaKeys, ...ecKeys]) {
    it(`by OpenSSL with every cipher to ${name} is opened, also in pieces and by key identifier`, async () => {
      const key = testDecryptionKey(name)
      // Left to itself, OpenSSL wraps a triple-DES key for an elliptic curve by triple-DES.
      const own = name.endsWith('-ec') ? ['-aes128-wrap'] : []
      for (const [option, cipher, isAuthenticated] of ciphers) {
        for (const form of [[], ['-stream'], ['-keyid'], ['-stream', '-keyid']]) {
          const bytes = opensslEncrypts(text, [option, ...form, ...own], [[file(name)]])
          const { fingerprint } = key.certificate
          expect(await opened(bytes, key)).toEqual({
            kind: 'opened',
            content: text,
            cipher,
            isAuthenticated,
            fingerprint,
          })
        }
      }
    })
  }

  for (const [what, options] of transports) {
    it(`by OpenSSL with ${what} is opened`, async () => {
      for (const cipher of ['-des3', '-aes-128-cbc', '-aes-256-gcm']) {
        const bytes = opensslEncrypts(text, [cipher], [[file('bob-rsa'), ...options]])
        expect((await opened(bytes, testDecryptionKey('bob-rsa'))).content).toEqual(text)
      }
    })
  }

  for (const [what, options] of agreements) {
    it(`by OpenSSL with ${what} is opened`, async () => {
      for (const cipher of ['-aes-128-cbc', '-aes-256-gcm']) {
        const bytes = opensslEncrypts(text, [cipher], [[file('bob-ec'), ...options]])
        expect((await opened(bytes, testDecryptionKey('bob-ec'))).content).toEqual(text)
      }
    })
  }

  it('by OpenSSL with triple-DES key wrap is not supported', async () => {
    const bytes = opensslEncrypts(text, ['-des3', '-des3-wrap'], [[file('bob-ec')]])
    expect(await open(bytes, testDecryptionKey('bob-ec'))).toMatchObject({ reason: 'unsupported' })
  })

  for (const curve of ['secp384r1', 'secp521r1', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1']) {
    it(`by OpenSSL on ${curve} is opened`, async () => {
      const made = makeCertificate(folder.path, {
        name: `read-${curve}`,
        key: curve,
        extensions: [...mailUser('alice@kanzlei.example'), 'subjectKeyIdentifier=hash'],
      })
      const key = { certificate: made.certificate, privateKey: createPrivateKey(readFileSync(made.keyFile)) }
      for (const [cipher, hash] of [
        ['-aes-256-cbc', 'sha256'],
        ['-aes-256-gcm', 'sha512'],
      ] as const) {
        const options = ['-keyopt', `ecdh_kdf_md:${hash}`]
        const bytes = opensslEncrypts(text, [cipher], [[made.certificateFile, ...options]])
        expect((await opened(bytes, key)).content).toEqual(text)
      }
    })
  }

  for (const bits of [2048, 4096]) {
    it(`by OpenSSL with RSA of ${bits} bits is opened`, async () => {
      const extensions = mailUser('alice@kanzlei.example', 'keyEncipherment')
      const made = makeCertificate(folder.path, { name: `read-${bits}`, key: bits, extensions })
      const key = { certificate: made.certificate, privateKey: createPrivateKey(readFileSync(made.keyFile)) }
      expect((await opened(opensslEncrypts(text, [], [[made.certificateFile]]), key)).content).toEqual(text)
    })
  }

  it('and to others, by different ways, is opened by each of them and by nobody else', async () => {
    const names = ['bob-rsa', 'alice-rsa', 'bob-ec', 'alice-ec']
    const recipients = names.map((name) => [file(name), ...(name === 'alice-rsa' ? oaep : [])])
    for (const cipher of ['-aes-256-cbc', '-aes-256-gcm']) {
      const bytes = opensslEncrypts(text, [cipher], recipients)
      expect(await readEnvelope(bytesInMemory(bytes))).toMatchObject({ recipients: { length: 4 } })
      for (const name of names) expect((await opened(bytes, testDecryptionKey(name))).content).toEqual(text)
      expect(await open(bytes, testDecryptionKey('bob-selfsigned'))).toMatchObject({ reason: 'no-key' })
    }
  })

  for (const cipher of ['3DES', 'AES128', 'AES256'] as const) {
    it(`by GnuPG with ${cipher} is opened`, async () => {
      for (const content of [text, randomBytes(mebibyte)]) {
        const bytes = gpgsm.encrypts(content, cipher)
        expect((await opened(bytes, testDecryptionKey('alice-rsa'))).content.equals(content)).toBe(true)
      }
    })
  }

  for (const [size, options, name] of [
    [0, ['-aes-256-cbc'], 'bob-rsa'],
    [1, ['-aes-256-gcm', '-stream'], 'bob-rsa'],
    [16, ['-aes-256-cbc', '-stream'], 'bob-ec'],
    [mebibyte, ['-aes-256-gcm', '-stream'], 'bob-ec'],
    [mebibyte, ['-aes-256-cbc'], 'bob-rsa'],
    [25 * mebibyte, ['-aes-256-cbc', '-stream'], 'bob-rsa'],
    [25 * mebibyte, ['-aes-256-gcm'], 'bob-ec'],
    [60 * mebibyte, ['-aes-256-cbc'], 'bob-ec'],
    [60 * mebibyte, ['-aes-256-gcm', '-stream'], 'bob-rsa'],
  ] as const) {
    it(`of ${size} bytes by OpenSSL ${options.join(' ')} is opened`, async () => {
      await using room = openWorkspace(folder.path, { sizeLimit: 100 * mebibyte })
      const content = randomBytes(size)
      const spooled = await room.collect(
        bytesInMemory(opensslEncrypts(content, options, [[file(name)]])).stream(),
      )
      const result = await openEnvelope(spooled, [testDecryptionKey(name)], room)
      if (result.kind !== 'opened') throw new Error(result.detail)
      const hash = createHash('sha256')
      for await (const piece of result.content.stream()) hash.update(piece)
      expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'))
    })
  }

  it('with the certificate of one key and the private key of another is damaged', async () => {
    for (const [name, other] of [
      ['bob-rsa', 'alice-rsa'],
      ['bob-ec', 'alice-ec'],
    ] as const) {
      const bytes = opensslEncrypts(text, ['-aes-256-gcm'], [[file(name)]])
      const key = { ...testDecryptionKey(name), privateKey: testDecryptionKey(other).privateKey }
      expect(await open(bytes, key)).toEqual({
        kind: 'closed',
        reason: 'damaged',
        detail: 'cannot be decrypted',
      })
    }
  })

  for (const options of [
    ['-aes-256-cbc'],
    ['-aes-256-gcm'],
    ['-aes-256-cbc', '-stream'],
    ['-aes-256-gcm', '-stream'],
  ]) {
    it(`with ${options.join(' ')} is damaged wherever it was cut off`, async () => {
      const bytes = opensslEncrypts(randomBytes(100_000), options, [[file('bob-rsa')]])
      for (let part = 0; part < 50; part++) {
        const cut = bytes.subarray(0, Math.floor((bytes.length * part) / 50))
        expect(await open(cut, testDecryptionKey('bob-rsa'))).toMatchObject({
          kind: 'closed',
          reason: 'damaged',
        })
      }
    })

    it(`with ${options.join(' ')} is never opened to something else after a change, if it is authenticated`, async () => {
      const content = randomBytes(2000)
      const bytes = opensslEncrypts(content, options, [[file('bob-rsa')]])
      for (let at = 0; at < bytes.length; at += 37) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ 0x10
        const result = await open(changed, testDecryptionKey('bob-rsa'))
        if (result.kind === 'opened' && result.isAuthenticated)
          expect((await allOf(result.content)).equals(content)).toBe(true)
      }
    })
  }
})
