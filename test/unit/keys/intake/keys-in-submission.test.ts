import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { keysInSubmission } from '../../../../src/keys/intake/keys-in-submission.ts'
import { autocryptField } from '../../../../src/keys/openpgp/autocrypt.ts'
import { mailWith } from '../../../support/delivered-mail.ts'
import { openPgpKeyFile } from '../../../support/openpgp-judges.ts'
import { receivedMessage } from '../../../support/received-message.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { testCertificate, testKeyFile } from '../../../support/test-keys.ts'

const at = new Date('2026-12-01T12:00:00Z')
const pem = (name: string) => readFileSync(testKeyFile(`${name}.cert.pem`))
const carol = 'carol@partner.example'
const carolsKey = readFileSync(openPgpKeyFile('carol-rsa3072.pub.asc'))
const bobs = testCertificate('bob-rsa').fingerprint

let folder: ReturnType<typeof temporaryFolder>
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => folder[Symbol.dispose]())

function openssl(...args: readonly string[]): Buffer {
  const input = join(folder.path, 'letter')
  writeFileSync(input, 'Content-Type: text/plain\r\n\r\nGuten Tag.\r\n')
  return execFileSync(
    'openssl',
    args.map((each) => (each === 'LETTER' ? input : each)),
  )
}
const signed = (...more: readonly string[]) => [
  ...['cms', '-sign', '-in', 'LETTER', '-signer', testKeyFile('bob-rsa.cert.pem'), ...more],
  ...['-inkey', testKeyFile('bob-rsa.key.pem'), '-certfile', testKeyFile('intermediate-ca.cert.pem')],
]
const crlf = (mail: Buffer) => Buffer.from(mail.toString('latin1').replaceAll(/\r?\n/g, '\r\n'), 'latin1')

async function keysIn(mail: Buffer, author = 'bob@partner.example') {
  const { fields, source, tree } = receivedMessage(mail)
  const contents = { source, root: tree.root }
  return keysInSubmission({ author, fields, asItCame: contents, opened: contents, brought: [] }, at)
}
const text = (content: string, type = 'text/plain') =>
  Buffer.from(`From: bob@partner.example\r\nContent-Type: ${type}\r\n\r\n${content}\r\n`)

describe('a certificate is found', () => {
  for (const [what, make, cameBy, chain] of [
    [
      'attached in DER',
      () =>
        mailWith({
          name: 'x.cer',
          content: openssl('x509', '-in', testKeyFile('bob-rsa.cert.pem'), '-outform', 'DER'),
        }),
      'file',
      0,
    ],
    [
      'attached under another name',
      () => mailWith({ name: 'zertifikat.txt', type: 'text/plain', content: pem('bob-rsa') }),
      'file',
      0,
    ],
    [
      'with its chain in one file',
      () =>
        mailWith({
          name: 'x.pem',
          content: Buffer.concat([pem('bob-rsa'), pem('intermediate-ca'), pem('root-ca')]),
        }),
      'file',
      1,
    ],
    [
      'pasted into the text',
      () => text(`Hier:\r\n${pem('bob-rsa').toString().replaceAll('\n', '\r\n')}Gruss`),
      'file',
      0,
    ],
    ['in the signature of a mail', () => crlf(openssl(...signed())), 'signature', 1],
    ['in an opaque signature', () => crlf(openssl(...signed('-nodetach'))), 'signature', 1],
    [
      'twice, and taken once',
      () => mailWith({ name: 'a.cer', content: pem('bob-rsa') }, { name: 'b.cer', content: pem('bob-rsa') }),
      'file',
      0,
    ],
  ] as const) {
    it(what, async () => {
      const { keys, unreadable } = await keysIn(make())
      expect(keys.map(({ fingerprint }) => fingerprint)).toEqual([bobs])
      expect(keys[0]).toMatchObject({ kind: 'smime', cameBy })
      expect(keys[0]?.chain).toHaveLength(chain)
      expect(unreadable).toEqual([])
    })
  }
})

test('certificates alone, as some programs mail them (RFC 8551 3.8), are sent on purpose', async () => {
  const p7 = openssl('crl2pkcs7', '-nocrl', '-certfile', testKeyFile('bob-rsa.cert.pem'), '-outform', 'DER')
  const head = 'From: bob@partner.example\r\nContent-Transfer-Encoding: base64\r\n'
  const type = 'Content-Type: application/pkcs7-mime; smime-type=certs-only; name=smime.p7c\r\n\r\n'
  const { keys } = await keysIn(Buffer.from(`${head}${type}${p7.toString('base64')}\r\n`))
  expect(keys).toMatchObject([{ fingerprint: bobs, cameBy: 'file' }])
})

test('what was put beside the signature of a mail inside of another signed one was not sent on purpose', async () => {
  const inner = crlf(openssl(...signed('-certfile', testKeyFile('alice-rsa.cert.pem')))).toString('latin1')
  const signature = 'Content-Type: application/pkcs7-signature\r\n\r\nAAAA'
  const { keys } = await keysIn(
    Buffer.from(
      'From: bob@partner.example\r\nContent-Type: multipart/signed; boundary=outer\r\n\r\n' +
        `--outer\r\n${inner}\r\n--outer\r\n${signature}\r\n--outer--\r\n`,
      'latin1',
    ),
  )
  expect(keys.filter(({ cameBy }) => cameBy === 'file')).toEqual([])
})

describe('an OpenPGP key is found', () => {
  test('attached or pasted', async () => {
    for (const mail of [
      mailWith({ name: 'carol.asc', content: carolsKey, type: 'application/pgp-keys' }),
      text(carolsKey.toString('latin1').replaceAll(/\r?\n/g, '\r\n')),
    ])
      expect((await keysIn(mail)).keys).toMatchObject([
        { kind: 'openpgp', addresses: [carol], cameBy: 'file' },
      ])
  })

  test('in the Autocrypt field, where there is nothing else', async () => {
    const field = await autocryptField(carolsKey.toString('latin1'), carol, at)
    const header = (mail: Buffer) =>
      Buffer.concat([
        Buffer.from(`Autocrypt:${field?.value}\r\n`),
        Buffer.from(mail.toString('latin1').replace('ann@', 'carol@'), 'latin1'),
      ])
    const alone = header(Buffer.from(`From: ${carol}\r\n\r\nHallo\r\n`))
    expect((await keysIn(alone, carol)).keys).toMatchObject([{ kind: 'openpgp', cameBy: 'autocrypt' }])
    const beside = header(mailWith({ name: 'x.cer', content: pem('bob-rsa') }))
    expect((await keysIn(beside, carol)).keys).toMatchObject([{ kind: 'smime' }])
  })
})

describe('nothing is found', () => {
  for (const [what, make] of [
    [
      'in an attached message, which is somebody else’s',
      () => text(mailWith({ name: 'x.cer', content: pem('bob-rsa') }).toString('latin1'), 'message/rfc822'),
    ],
    ['in a mail without a key', () => text('Guten Tag.')],
    ['in a file that is no key', () => mailWith({ name: 'x.pdf', content: Buffer.from('%PDF-1.7') })],
    ['in an authority alone', () => text(pem('root-ca').toString().replaceAll('\n', '\r\n'))],
  ] as const) {
    it(what, async () => {
      expect(await keysIn(make())).toEqual({ keys: [], unreadable: [] })
    })
  }

  test('in a broken file, which is named', async () => {
    expect(await keysIn(mailWith({ name: 'bob.cer', content: Buffer.from('kaputt') }))).toEqual({
      keys: [],
      unreadable: [{ fileName: 'bob.cer', problem: 'unreadable' }],
    })
  })

  test('of a private key, whatever came before', async () => {
    const both = Buffer.concat([pem('bob-ec'), readFileSync(testKeyFile('bob-ec.key.pem'))])
    expect((await keysIn(mailWith({ name: 'x.pem', content: both }))).keys).toEqual([])
  })
})

test('whatever the bytes of an attachment, it ends', async () => {
  const starts = [
    Buffer.from('-----BEGIN CERTIFICATE-----\n'),
    Buffer.from([0x30, 0x82]),
    Buffer.from([0x99, 0x01]),
    Buffer.alloc(0),
  ]
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }), async (start, bytes) => {
      const { keys } = await keysIn(mailWith({ name: 'x.cer', content: Buffer.concat([start, bytes]) }))
      expect(keys).toEqual([])
    }),
    { numRuns: 60 },
  )
})
