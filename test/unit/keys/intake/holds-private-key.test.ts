import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { holdsPrivateKey, isPrivateKey } from '../../../../src/keys/intake/holds-private-key.ts'
import { armorBlocks } from '../../../../src/keys/openpgp/openpgp-armor.ts'
import { mailWith } from '../../../support/delivered-mail.ts'
import { receivedMessage } from '../../../support/received-message.ts'
import { testKeyFile } from '../../../support/test-keys.ts'

const folder = (name: string) => new URL(`../../../keys/${name}/`, import.meta.url)
const filesOf = (name: string) =>
  readdirSync(folder(name)).map((file) => [file, readFileSync(new URL(file, folder(name)))] as const)
const rsa = createPrivateKey(readFileSync(testKeyFile('bob-rsa.key.pem')))
const ec = createPrivateKey(readFileSync(testKeyFile('bob-ec.key.pem')))
const locked = { cipher: 'aes-256-cbc', passphrase: 'secret' }
const binary = (file: string) => {
  const [block] = armorBlocks(readFileSync(new URL(file, folder('pgp'))))
  if (!block) throw new Error(file)
  return block.content
}

describe('files', () => {
  for (const [name, bytes] of [...filesOf('smime'), ...filesOf('pgp')]) {
    const isPrivate = /\.(?:key\.pem|p12|sec\.asc)$/.test(name)
    it(`${name} is ${isPrivate ? 'a' : 'no'} private key`, () => {
      expect(isPrivateKey(bytes)).toBe(isPrivate)
    })
  }
})

for (const [what, bytes] of [
  ['PKCS#8 in DER', rsa.export({ type: 'pkcs8', format: 'der' })],
  ['PKCS#1 in DER', rsa.export({ type: 'pkcs1', format: 'der' })],
  ['an elliptic curve in DER', ec.export({ type: 'sec1', format: 'der' })],
  ['Ed25519 in DER', generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' })],
  ['PKCS#8 under a password, in DER', rsa.export({ type: 'pkcs8', format: 'der', ...locked })],
  ['PKCS#8 under a password, in PEM', Buffer.from(rsa.export({ type: 'pkcs8', format: 'pem', ...locked }))],
  ['PKCS#1 under a password, in PEM', Buffer.from(rsa.export({ type: 'pkcs1', format: 'pem', ...locked }))],
  ['a text file of Windows', Buffer.from(readFileSync(testKeyFile('bob-ec.key.pem'), 'utf8'), 'utf16le')],
  [
    'a mail with a key in its text',
    Buffer.from(`Hier:\r\n${readFileSync(testKeyFile('bob-ec.key.pem'))}Gruss`),
  ],
  ['binary OpenPGP', binary('carol-rsa3072.sec.asc')],
  [
    'a secret OpenPGP key behind a public one',
    Buffer.concat([binary('dave-curve25519.pub.asc'), binary('carol-rsa3072.sec.asc')]),
  ],
  [
    'a secret OpenPGP key called public',
    Buffer.from(
      readFileSync(new URL('carol-rsa3072.sec.asc', folder('pgp')), 'latin1').replaceAll('PRIVATE', 'PUBLIC'),
    ),
  ],
] as const) {
  test(`${what} is a private key`, () => {
    expect(isPrivateKey(bytes)).toBe(true)
  })
}

test('a PKCS#12 file of indefinite length is one, as Windows writes it', () => {
  const der = readFileSync(testKeyFile('bob-rsa.p12'))
  const start = (der[1] ?? 0) === 0x82 ? 4 : 3
  expect(
    isPrivateKey(Buffer.concat([Buffer.from([0x30, 0x80]), der.subarray(start), Buffer.from([0, 0])])),
  ).toBe(true)
})

for (const [what, bytes] of [
  [
    'a certificate in DER',
    execFileSync('openssl', ['x509', '-in', testKeyFile('bob-rsa.cert.pem'), '-outform', 'DER']),
  ],
  [
    'certificates in PKCS#7',
    execFileSync('openssl', [
      'crl2pkcs7',
      '-nocrl',
      '-certfile',
      testKeyFile('chain.pem'),
      '-outform',
      'DER',
    ]),
  ],
  ['a public key in DER', createPublicKey(rsa).export({ type: 'spki', format: 'der' })],
  ['a public key of PKCS#1', createPublicKey(rsa).export({ type: 'pkcs1', format: 'der' })],
  ['binary public OpenPGP', binary('carol-rsa3072.pub.asc')],
  ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
  ['a photo', Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex')],
  ['nothing', Buffer.alloc(0)],
] as const) {
  test(`${what} is no private key`, () => {
    expect(isPrivateKey(bytes)).toBe(false)
  })
}

test('a private key is found in an attachment, whatever its name, and in an attached message', async () => {
  const holds = (mail: Buffer) => {
    const { source, tree } = receivedMessage(mail)
    return holdsPrivateKey(source, tree.root)
  }
  const key = readFileSync(testKeyFile('bob-rsa.p12'))
  expect(await holds(mailWith({ name: 'zertifikat.cer', content: key }))).toBe(true)
  const inner = mailWith({ name: 'x.bin', content: key }).toString('latin1')
  const outer = `Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n${inner}\r\n--o--\r\n`
  expect(await holds(Buffer.from(outer, 'latin1'))).toBe(true)
  const certificate = readFileSync(testKeyFile('bob-rsa.cert.pem'))
  expect(await holds(mailWith({ name: 'bob.p12', content: certificate }))).toBe(false)
})

test('whatever the bytes, it answers', () => {
  const starts = ['30', '3080', '30820102020103', '95', 'c5ff', '99ffff'].map((hex) =>
    Buffer.from(hex, 'hex'),
  )
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }), (start, bytes) => {
      expect(typeof isPrivateKey(Buffer.concat([start, bytes]))).toBe('boolean')
    }),
  )
})
