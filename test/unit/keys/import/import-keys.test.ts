import { execFileSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { importKeys } from '../../../../src/keys/import/import-keys.ts'
import { KeyImportError } from '../../../../src/keys/import/key-import-error.ts'
import { readCertificate } from '../../../../src/keys/x509/certificate.ts'
import { authority, makeCertificate } from '../../../support/make-certificate.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { testCertificate, testKeyFile } from '../../../support/test-keys.ts'

const alice = testCertificate('alice-rsa')
const read = (name: string) => readFileSync(testKeyFile(name))
const from = (bytes: Uint8Array, password?: string) =>
  importKeys(bytes, {
    source: 'import',
    trust: 'manual',
    at: new Date(),
    ...(password !== undefined && { password }),
  })
const openssl = (args: readonly string[], input?: Uint8Array) =>
  execFileSync('openssl', args, { input, stdio: 'pipe' })
const problemOf = (imported: Promise<unknown>) =>
  imported.then(
    () => undefined,
    (error: unknown) => (error instanceof KeyImportError ? error.problem : error),
  )

describe('a file with key, certificate and chain is taken', () => {
  const key = read('alice-rsa.key.pem')
  const pem = Buffer.concat([key, read('alice-rsa.cert.pem'), read('chain.pem')])
  const encrypted = openssl(['pkey', '-aes256', '-passout', 'pass:Käse'], key)
  for (const [what, bytes, password] of [
    ['PKCS#12', read('alice-rsa.p12'), 'test'],
    ['PKCS#12 of the old kind (RC2, 3DES)', read('alice-rsa-legacy.p12'), 'test'],
    ['PEM', pem, undefined],
    ['PEM in another order, with explanations and CRLF', reversed(), undefined],
    [
      'PEM with an encrypted key',
      Buffer.concat([encrypted, read('alice-rsa.cert.pem'), read('chain.pem')]),
      'Käse',
    ],
    ['PEM as Windows saves it', Buffer.concat([Buffer.from('\ufeff'), pem]), undefined],
    [
      'PEM with a key of the traditional form',
      Buffer.concat([openssl(['rsa', '-traditional'], key), read('alice-rsa.cert.pem'), read('chain.pem')]),
      undefined,
    ],
  ] as const) {
    it(`from ${what}`, async () => {
      const [imported, ...others] = await from(bytes, password)
      expect(others).toEqual([])
      expect(imported?.key).toMatchObject({
        fingerprint: alice.fingerprint,
        addresses: ['alice@kanzlei.example'],
        material: alice.pem,
        // The root stays out: a reader has it, or must not take it from us.
        chain: [testCertificate('intermediate-ca').pem],
        hasPrivateKey: true,
        trust: 'manual',
        source: 'import',
        kind: 'smime',
      })
      expect(alice.x509.checkPrivateKey(createPrivateKey(imported?.privateKey ?? ''))).toBe(true)
    })
  }

  function reversed() {
    const text = `Bag Attributes\n    localKeyID: 01\n${read('chain.pem')}subject=CN = Alice\n${read('alice-rsa.cert.pem')}${key}`
    return Buffer.from(text.replaceAll('\n', '\r\n'))
  }
})

describe('a certificate alone is taken', () => {
  const pem = read('bob-ec.cert.pem')
  const files = [testKeyFile('bob-ec.cert.pem'), testKeyFile('chain.pem')].flatMap((file) => [
    '-certfile',
    file,
  ])
  for (const [what, bytes, chain] of [
    ['PEM', pem, 0],
    ['DER', openssl(['x509', '-outform', 'DER'], pem), 0],
    ['PKCS#7 with its chain, DER', openssl(['crl2pkcs7', '-nocrl', '-outform', 'DER', ...files]), 1],
    ['PKCS#7 with its chain, PEM', openssl(['crl2pkcs7', '-nocrl', ...files]), 1],
  ] as const) {
    it(`from ${what}`, async () => {
      const [imported] = await from(bytes)
      expect(imported?.key.addresses).toEqual(['bob@partner.example'])
      expect(imported?.key.chain).toHaveLength(chain)
      expect(imported?.key.hasPrivateKey).toBe(false)
      expect(imported?.privateKey).toBeUndefined()
    })
  }

  it('and several of them from one file', async () => {
    const both = Buffer.concat([read('bob-ec.cert.pem'), read('bob-rsa.cert.pem'), read('bob-ec.cert.pem')])
    expect((await from(both)).map(({ key }) => key.fingerprint)).toEqual(
      ['bob-ec', 'bob-rsa'].map((name) => testCertificate(name).fingerprint),
    )
  })
})

describe('a file of keys is refused', () => {
  for (const [what, bytes, password, problem] of [
    ['with a wrong password', read('alice-rsa.p12'), 'Test', 'wrong-password'],
    ['of the old kind with a wrong password', read('alice-rsa-legacy.p12'), 'Test', 'wrong-password'],
    ['without its password', read('alice-rsa.p12'), undefined, 'password-needed'],
    ['with a password of two lines', read('alice-rsa.p12'), 'test\nmore', 'wrong-password'],
    ['with an encrypted key and a wrong password', encryptedKey(), 'wrong', 'wrong-password'],
    ['with an encrypted key and no password', encryptedKey(), undefined, 'password-needed'],
    [
      'with the key of somebody else',
      Buffer.concat([read('bob-rsa.cert.pem'), read('alice-rsa.key.pem')]),
      undefined,
      'key-does-not-match',
    ],
    ['of a key alone', read('alice-rsa.key.pem'), undefined, 'no-certificate'],
    [
      'of a key alone in DER',
      openssl(['pkey', '-outform', 'DER'], read('alice-rsa.key.pem')),
      undefined,
      'no-certificate',
    ],
    ['of authorities only', read('chain.pem'), undefined, 'no-address'],
    ['that is empty', new Uint8Array(), undefined, 'unreadable'],
    ['that is a letter', Buffer.from('Sehr geehrte Damen und Herren'), undefined, 'unreadable'],
    ['that is cut off', read('alice-rsa.p12').subarray(0, 1500), 'test', 'unreadable'],
    [
      'with a damaged certificate',
      Buffer.from(read('bob-ec.cert.pem').toString().replace('MII', 'MIX')),
      undefined,
      'unreadable',
    ],
    [
      'with more private keys than anybody has',
      Buffer.from(`${read('alice-ec.key.pem')}`.repeat(33)),
      undefined,
      'too-large',
    ],
    ['that is larger than any', new Uint8Array(1024 * 1024 + 1), undefined, 'too-large'],
  ] as const) {
    it(what, async () => {
      expect(await problemOf(from(bytes, password))).toBe(problem)
    })
  }

  it('when its password takes a million rounds, without stopping other mail', {
    timeout: 60_000,
  }, async () => {
    const der = openssl(
      ['pkcs8', '-topk8', '-v2', 'aes256', '-iter', '65537', '-passout', 'pass:x', '-outform', 'DER'],
      read('alice-ec.key.pem'),
    )
    const rounds = der.indexOf(Buffer.from([0x02, 0x03, 0x01, 0x00, 0x01]))
    expect(rounds).toBeGreaterThan(0)
    const hostile = Buffer.from(der)
    hostile.set([0x02, 0x03, 0x0f, 0xff, 0xff], rounds)
    const lines = hostile.toString('base64').match(/.{1,64}/g) ?? []
    const armoured = [
      '-----BEGIN ENCRYPTED PRIVATE KEY-----',
      ...lines,
      '-----END ENCRYPTED PRIVATE KEY-----\n',
    ].join('\n')
    const imported = problemOf(from(Buffer.concat([read('alice-ec.cert.pem'), Buffer.from(armoured)]), 'x'))
    let turns = 0
    const turning = setInterval(() => turns++, 5)
    expect(await imported).toBe('wrong-password')
    clearInterval(turning)
    expect(turns).toBeGreaterThan(5)
  })

  it('whatever its bytes, with a reason', async () => {
    const modern = read('alice-ec.p12')
    const change = fc.array(fc.tuple(fc.nat(modern.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(change, async (changes) => {
        const changed = Buffer.from(modern)
        for (const [at, value] of changes) changed[at] = value
        const problem = await problemOf(from(changed, 'test'))
        expect(problem === undefined || typeof problem === 'string').toBe(true)
      }),
      { numRuns: 15 },
    )
  })

  function encryptedKey() {
    const key = openssl(['pkey', '-aes256', '-passout', 'pass:right'], read('bob-ec.key.pem'))
    return Buffer.concat([read('bob-ec.cert.pem'), key])
  }
})

test('a self-signed certificate that is marked as an authority, as openssl makes them, is taken', async () => {
  using folder = temporaryFolder()
  const extensions = [...authority.slice(0, 1), 'subjectAltName=email:alice@kanzlei.example']
  const { certificateFile, keyFile } = makeCertificate(folder.path, { name: 'own', extensions })
  const [imported] = await from(Buffer.concat([readFileSync(certificateFile), readFileSync(keyFile)]))
  expect(imported?.key).toMatchObject({ hasPrivateKey: true, chain: [] })
  expect(readCertificate(imported?.key.material ?? '').isAuthority).toBe(true)
})
