import { execFileSync } from 'node:child_process'
import { createPrivateKey, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { partBytes } from '../../src/message/build-part.ts'
import { bytesInMemory, type Workspace } from '../../src/message/byte-source.ts'
import type { MimeEntity } from '../../src/message/mime-entity.ts'
import { encryptEntity } from '../../src/protection/smime/encrypt.ts'
import { signEntity } from '../../src/protection/smime/sign.ts'
import { openWorkspace } from '../../src/storage/spool.ts'
import { type MadeCertificate, mailUser, makeCertificate } from '../support/make-certificate.ts'
import {
  allOf,
  messageOf,
  opensslDecrypts,
  opensslVerifies,
  signatureOf,
  startGpgsm,
} from '../support/smime-judges.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { testCertificate, testSigner } from '../support/test-keys.ts'

const at = new Date('2026-06-01T12:00:00Z')
const mebibyte = 1024 * 1024

function entity(type: string, body: Uint8Array | string, encoding?: string): MimeEntity {
  const fields = [{ name: 'Content-Type', value: ` ${type}` }]
  if (encoding) fields.push({ name: 'Content-Transfer-Encoding', value: ` ${encoding}` })
  return { fields, body: bytesInMemory(Buffer.from(body)) }
}
/** To whom nobody knows anything about. */
const asUsual = (...names: readonly string[]) =>
  names.map((name) => ({ certificate: testCertificate(name), keyTransport: 'rsa-pkcs1' as const }))
const lines = (...texts: readonly string[]) => texts.map((text) => `${text}\r\n`).join('')
const signedBySomebody = lines(
  'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=inner',
  '',
  '--inner',
  'Content-Type: text/plain',
  '',
  'trailing blank ',
  '--inner',
  'Content-Type: application/pgp-signature',
  '',
  'signature',
  '--inner--',
)

const mails: readonly (readonly [string, MimeEntity])[] = [
  ['plain text', entity('text/plain', lines('Guten Tag'))],
  ['no text at all', entity('text/plain', '')],
  ['no line end at its end', entity('text/plain', 'Guten Tag')],
  ['empty lines at its end', entity('text/plain', lines('Guten Tag', '', '', ''))],
  ['umlauts in 8 bit', entity('text/plain; charset=utf-8', lines('Grüße aus München'), '8bit')],
  ['trailing blanks', entity('text/plain', lines('kind regards ', '-- ', 'Alice\t'))],
  ['lines beginning with From and dots', entity('text/plain', lines('From now on', '.', '..', '>From then'))],
  ['a line of 5000 characters', entity('text/html', `<p>${'x'.repeat(5000)}</p>\r\n`)],
  ['bytes that are no text', entity('application/octet-stream', randomBytes(3000), 'binary')],
  [
    'parts in parts, one in 8 bit',
    entity(
      'multipart/mixed; boundary="out er"',
      lines(
        'preamble',
        '--out er',
        'Content-Type: multipart/alternative; boundary=in',
        '',
        '--in',
        'Content-Type: text/plain; charset=iso-8859-1',
        'Content-Transfer-Encoding: 8bit',
        '',
        'Grüße ',
        '--in',
        'Content-Type: text/html',
        '',
        '<p>From</p>',
        '--in--',
        '--out er',
        'Content-Type: application/pdf; name="Vertrag.pdf"',
        'Content-Transfer-Encoding: base64',
        '',
        'JVBERi0xLjQK',
        '--out er--',
      ),
      '8bit',
    ),
  ],
  [
    'a forwarded mail with umlauts',
    entity(
      'multipart/mixed; boundary=out',
      lines(
        '--out',
        'Content-Type: message/rfc822',
        'Content-Transfer-Encoding: 8bit',
        '',
        'Subject: forwarded',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: 8bit',
        '',
        'Schöne Grüße ',
        '--out--',
      ),
      '8bit',
    ),
  ],
  [
    'a part that somebody else has signed',
    entity('multipart/mixed; boundary=out', `--out\r\n${signedBySomebody}\r\n--out--\r\n`),
  ],
]

describe('S/MIME', () => {
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

  for (const name of ['alice-rsa', 'alice-ec']) {
    describe(`signed by ${name}`, () => {
      for (const [what, mail] of mails) {
        it(`a mail with ${what} is good for OpenSSL and GnuPG`, async () => {
          const message = await messageOf(await signEntity(mail, testSigner(name), 'clear', workspace, at))
          expect(isSafeOnTheWay(message)).toBe(true)
          const content = opensslVerifies(message, folder.path)
          expect(content).toBeDefined()
          expect(gpgsm.verifies(signatureOf(message), content ?? Buffer.alloc(0))).toBe(true)
        })
      }

      it('a mail is good for nobody once a byte has changed', async () => {
        const mail = entity('text/plain', lines('Bitte zahlen Sie 100 Euro'))
        const message = await messageOf(await signEntity(mail, testSigner(name), 'clear', workspace, at))
        const changed = Buffer.from(message)
        changed.write('900', message.indexOf('100 Euro'))
        expect(opensslVerifies(changed, folder.path)).toBeUndefined()
        const content = opensslVerifies(message, folder.path) ?? Buffer.alloc(0)
        content.write('900', content.indexOf('100 Euro'))
        expect(gpgsm.verifies(signatureOf(message), content)).toBe(false)
      })
    })
  }

  it('signs a part that somebody else has signed as it is', async () => {
    const mail = entity('multipart/mixed; boundary=out', `--out\r\n${signedBySomebody}\r\n--out--\r\n`)
    const message = await messageOf(await signEntity(mail, testSigner('alice-rsa'), 'clear', workspace, at))
    expect(message.includes(signedBySomebody)).toBe(true)
  })

  for (const [signer, recipient] of [
    ['alice-rsa', 'bob-rsa'],
    ['alice-ec', 'bob-ec'],
  ] as const) {
    for (const size of [0, 1, 15, 16, 17, 1024, mebibyte, 25 * mebibyte]) {
      it(`carries ${size} bytes from ${signer} to ${recipient}, signed and encrypted`, async () => {
        const mail = entity(
          'application/pdf',
          randomBytes(size)
            .toString('base64')
            .replaceAll(/.{1,76}/g, '$&\r\n'),
          'base64',
        )
        const signed = await signEntity(mail, testSigner(signer), 'clear', workspace, at)
        const encrypted = await encryptEntity(signed, asUsual(recipient), 'aes-256-cbc', workspace)
        const decrypted = opensslDecrypts(await messageOf(encrypted), recipient, folder.path)
        expect(decrypted.equals(await allOf(partBytes(signed)))).toBe(true)
        const content = opensslVerifies(decrypted, folder.path)
        expect(content?.equals(await allOf(partBytes(mail)))).toBe(true)
      })
    }
  }

  it('encrypts to several recipients, whatever their keys', async () => {
    const mail = entity('text/plain', lines('an alle'))
    const names = ['bob-rsa', 'bob-ec', 'alice-rsa', 'alice-ec']
    const message = await messageOf(await encryptEntity(mail, asUsual(...names), 'aes-256-cbc', workspace))
    for (const name of names) {
      expect(opensslDecrypts(message, name, folder.path)).toEqual(await allOf(partBytes(mail)))
    }
    expect(() => opensslDecrypts(message, 'bob-selfsigned', folder.path)).toThrow()
  })

  it('encrypts with RSA so that GnuPG 2.2 reads it', async () => {
    const mail = entity('text/plain', lines('nur für Alice'))
    const encrypted = await encryptEntity(mail, asUsual('alice-rsa'), 'aes-256-cbc', workspace)
    const der = Buffer.from((await allOf(encrypted.body)).toString('latin1'), 'base64')
    expect(gpgsm.decrypts(der)).toEqual(await allOf(partBytes(mail)))
  })

  for (const curve of ['secp384r1', 'secp521r1', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1']) {
    it(`signs and encrypts with keys on ${curve}`, async () => {
      const extensions = mailUser('alice@kanzlei.example')
      const made = makeCertificate(folder.path, { name: curve, key: curve, extensions })
      const mail = entity('text/plain', lines('Guten Tag'))
      const signer = {
        ...testSigner('alice-ec'),
        certificate: made.certificate,
        privateKey: createPrivateKey(readFileSync(made.keyFile)),
      }
      const signed = await signEntity(mail, signer, 'clear', workspace, new Date())
      const encrypted = await encryptEntity(
        signed,
        [{ certificate: made.certificate, keyTransport: 'rsa-pkcs1' }],
        'aes-256-cbc',
        workspace,
      )
      const opened = opensslOpens(await messageOf(encrypted), made, folder.path)
      expect(opened).toEqual(await allOf(partBytes(mail)))
    })
  }

  test('signs whatever somebody writes so that it stays good', async () => {
    const awkward = fc.constantFrom(
      'From ',
      ' ',
      '\t',
      '\r\n',
      '\n',
      '\r',
      '\0',
      '.',
      '=',
      '--out',
      '--out--',
      'ü',
      'text',
    )
    const body = fc.array(awkward, { maxLength: 40 }).map((pieces) => pieces.join(''))
    const types = fc.constantFrom(
      'text/plain; charset=utf-8',
      'multipart/mixed; boundary=out',
      'application/x-odd',
    )
    await fc.assert(
      fc.asyncProperty(types, body, async (type, written) => {
        const signed = await signEntity(
          entity(type, written, '8bit'),
          testSigner('alice-ec'),
          'clear',
          workspace,
          at,
        )
        const message = await messageOf(signed)
        // The text around the parts of a multipart, also of a broken one, belongs to no body that could be encoded.
        const isMultipart = type.startsWith('multipart')
        if (signed.isSevenBit && !isMultipart) expect(isSafeOnTheWay(message)).toBe(true)
        // There OpenSSL itself drops a bare CR before a line end, as it reads what is signed in the clear.
        if (isMultipart && /\r(?:\r\n|$)/.test(written)) return
        expect(opensslVerifies(message, folder.path)).toBeDefined()
      }),
      { numRuns: 50, examples: [['text/plain; charset=utf-8', 'a\r']] },
    )
  })

  test('brings any content through, byte for byte', async () => {
    const names = fc.constantFrom('rsa', 'ec')
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 4000 }),
      fc.string({ maxLength: 400 }).map((text) => Buffer.from(text)),
    )
    await fc.assert(
      fc.asyncProperty(names, body, async (kind, bytes) => {
        const mail = entity('application/octet-stream', Buffer.from(bytes).toString('base64'), 'base64')
        const signed = await signEntity(mail, testSigner(`alice-${kind}`), 'clear', workspace, at)
        const encrypted = await encryptEntity(signed, asUsual(`bob-${kind}`), 'aes-256-cbc', workspace)
        const decrypted = opensslDecrypts(await messageOf(encrypted), `bob-${kind}`, folder.path)
        const content = opensslVerifies(decrypted, folder.path)
        expect(content).toBeDefined()
        const received = content?.subarray(content.indexOf('\r\n\r\n') + 4).toString('latin1') ?? ''
        expect(Buffer.from(received, 'base64').equals(Buffer.from(bytes))).toBe(true)
      }),
      { numRuns: 20 },
    )
  })
})

/** RFC 8551 3.1.3 and RFC 5322: ASCII, CRLF, short lines, nothing that a server on the way would touch. */
function isSafeOnTheWay(message: Uint8Array): boolean {
  const text = Buffer.from(message).toString('latin1')
  return (
    !/[^\t\r\n -~]/.test(text) &&
    !/\r(?!\n)|(?<!\r)\n/.test(text) &&
    text.split('\r\n').every((line) => line.length <= 998) &&
    !/\r\nFrom /.test(text)
  )
}

/** Decrypts and verifies with a self-signed certificate of a test's own. */
function opensslOpens(
  message: Uint8Array,
  { certificateFile, keyFile }: MadeCertificate,
  folder: string,
): Buffer {
  const files = ['encrypted.eml', 'signed.eml', 'content'].map((name) => join(folder, name))
  const [encrypted = '', signed = '', content = ''] = files
  writeFileSync(encrypted, message)
  const run = (args: readonly string[]) => execFileSync('openssl', ['cms', ...args], { stdio: 'pipe' })
  run(['-decrypt', '-binary', '-in', encrypted, '-inkey', keyFile, '-recip', certificateFile, '-out', signed])
  run([
    '-verify',
    '-in',
    signed,
    '-CAfile',
    certificateFile,
    '-partial_chain',
    '-purpose',
    'any',
    '-out',
    content,
  ])
  return readFileSync(content)
}
