import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { SunkMail } from '../../src/demonstration/mail-sink.ts'
import { openPdf, openSmime, verifySignature } from '../../src/demonstration/open-protected.ts'
import { anna, builder, builderAddress, jonas } from '../../src/demonstration/people.ts'
import { mustRun } from '../../src/demonstration/run-program.ts'
import { arrived, since, waitsFor } from '../../src/demonstration/sample.ts'
import { sendMail } from '../../src/demonstration/smtp-client.ts'
import { generateOpenPgpKey } from '../../src/keys/openpgp/openpgp-own.ts'
import { publicOpenPgpKey } from '../../src/keys/openpgp/openpgp-public.ts'
import { bodyOfPart, openPgpKeyFile, startGpg } from '../support/openpgp-judges.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const policies = `outbound:
  ${builder.domain}:
    headerProtection: true
  partner.example:
    protection: [openpgp]
  flagged.example:
    protect: flagged
  detected.example:
    protect: detected
    words: [Kündigung]
    attachmentTypes: [xlsx]
  permitted.example:
    plain: true
  invited.example:
    protection: [pdf, none]
    calendar: pass
  signed.example:
    protection: [none]
`
const password = 'Kirschbaum-47-Leiter'
const iban = 'DE89 3704 0044 0532 0130 00'

describe.skipIf(noSite)(`mail of our staff by its policies${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests()
  let annasPublicKey = ''

  async function command(args: readonly string[], input?: string): Promise<string> {
    const { status, stdout, stderr } = await site().command(args, input)
    if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
    return stdout.toString()
  }

  beforeAll(async () => {
    writeFileSync(join(site().folders.policies, '50-test.yaml'), policies)
    await command(['reload'])
    for (const domain of ['flagged', 'detected', 'permitted', 'invited'])
      await command(['password', 'set', `ann@${domain}.example`], `${password}\n`)
    await command(['key', 'import', openPgpKeyFile('dave-curve25519.pub.asc')])
    const key = await generateOpenPgpKey({ name: 'Anna Weber', address: anna }, new Date(Date.now() - 60_000))
    const file = join(site().folders.authority, 'anna.sec.asc')
    writeFileSync(file, key.armored, { mode: 0o600 })
    await command(['key', 'import', file])
    annasPublicKey = (await publicOpenPgpKey(key.armored)).armored
  })

  /** `header` and text as a mail program hands them over. */
  async function send(recipient: string, header: readonly string[], content: string): Promise<void> {
    const head = [`From: Anna Weber <${anna}>`, `To: ${recipient}`, 'MIME-Version: 1.0', ...header]
    const message = Buffer.from(`${head.join('\r\n')}\r\n${content.replace(/\r?\n/g, '\r\n')}`)
    const { reply } = await sendMail({
      port: site().postfix.ports.submission,
      sender: anna,
      recipients: [recipient],
      message,
    })
    expect(reply.text).toMatch(/^250 /)
  }

  async function sent(recipient: string, header: readonly string[], content: string): Promise<SunkMail> {
    const isNew = since(site())
    await send(recipient, header, content)
    return arrived(site(), recipient, isNew)
  }

  /** The notice by which Postfix gives a mail back, in one line. */
  async function returned(recipient: string, header: readonly string[], content: string): Promise<string> {
    const isNew = since(site())
    await send(recipient, header, content)
    const notice = await arrived(
      site(),
      anna,
      (mail) => isNew(mail) && mail.sender === '' && mail.content.includes(recipient),
    )
    expect(
      site()
        .received()
        .filter((mail) => isNew(mail) && mail.recipient === recipient),
    ).toEqual([])
    return notice.content.toString().replace(/\s+/g, ' ')
  }

  const headerOf = ({ content }: SunkMail) => content.toString('latin1').split('\r\n\r\n')[0] ?? ''
  const text = (words: string) => `\nGuten Tag.\n${words}\n`

  test('a flagged mail is encrypted, its flags are gone, and its header stands inside', async () => {
    const mail = await sent(builderAddress, ['Subject: AW: [Sign, ENCRYPT] Ihr Bescheid'], text('1.234 EUR'))
    expect(headerOf(mail)).toMatch(/^Subject: AW: Ihr Bescheid\r?$/m)
    expect(mail.content.toString('latin1')).not.toContain('1.234 EUR')
    const { certificateFile, keyFile } = site().builderKeys
    const keys = ['-recip', certificateFile, '-inkey', keyFile]
    const opened = await mustRun(['openssl', 'cms', '-decrypt', '-inform', 'SMIME', ...keys], mail.content)
    const inner = opened.toString()
    expect(inner).toContain('hp="cipher"')
    expect(inner).toMatch(/^Subject: AW: Ihr Bescheid\r$/m)
    expect(inner).toMatch(/^HP-Outer: Subject: AW: Ihr Bescheid\r$/m)
    expect((await openSmime(site(), mail)).text).toContain('1.234 EUR')
  })

  test('a confidential mail shows no subject, which the recipient’s program finds inside', async () => {
    const mail = await sent(
      builderAddress,
      ['Subject: =?utf-8?Q?K=C3=BCndigung?=', 'Sensitivity: Company-Confidential', 'Thread-Topic: K'],
      text('x'),
    )
    expect(headerOf(mail)).toMatch(/^Subject: \[\.\.\.\]\r?$/m)
    expect(headerOf(mail)).not.toMatch(/C3=BC|Thread-Topic/)
    const { certificateFile, keyFile } = site().builderKeys
    const keys = ['-recip', certificateFile, '-inkey', keyFile]
    const opened = await mustRun(['openssl', 'cms', '-decrypt', '-inform', 'SMIME', ...keys], mail.content)
    expect(opened.toString()).toContain('Subject: =?utf-8?Q?K=C3=BCndigung?=')
  })

  test('what nobody flags leaves readable and signed; what is flagged becomes a PDF', async () => {
    const clear = await sent('ann@flagged.example', ['Subject: Termin'], text('Montag um zehn'))
    expect((await verifySignature(site(), clear.content)).text).toContain('Montag um zehn')
    const pdf = await sent('ann@flagged.example', ['Subject: Termin [pdf]'], text('Montag um elf'))
    expect(headerOf(pdf)).toMatch(/^Subject: Termin\r?$/m)
    expect((await openPdf(site(), pdf, password, 'flagged')).text).toContain('Montag um elf')
    const twin = await sent('ann@flagged.example', ['Subject: T', 'X-Postsiegel: encrypt'], text('um zwoelf'))
    expect(headerOf(twin)).not.toMatch(/X-Postsiegel/i)
    expect((await openPdf(site(), twin, password, 'twin')).text).toContain('um zwoelf')
  })

  test('what is detected is protected, and the record names the detector and no content', async () => {
    const clear = await sent('ann@detected.example', ['Subject: Hallo'], text('bis Montag'))
    expect((await verifySignature(site(), clear.content)).text).toContain('bis Montag')
    const mail = await sent('ann@detected.example', ['Subject: Ihre KUENDIGUNG'], text(iban))
    expect((await openPdf(site(), mail, password, 'detected')).text).toContain('0532 0130 00')
    const decided = site()
      .events()
      .filter(({ event, recipients }) => event === 'decided' && String(recipients).includes('detected'))
    const explained = await command(['explain', String(decided.at(-1)?.id)])
    expect(explained).toContain('detected iban')
    expect(explained).toContain('detected word')
    expect(explained).not.toMatch(/KUENDIGUNG|3704/)
    const file =
      '\n--b\n\nGuten Tag.\n--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename="Zahlen.XLSX"\n\nx\n--b--\n'
    const attached = await sent(
      'ann@detected.example',
      ['Subject: x', 'Content-Type: multipart/mixed; boundary=b'],
      file,
    )
    expect((await openPdf(site(), attached, password, 'attached')).proof).toContain('AES')
  })

  test('[plain] comes back where the policy does not permit it, in words that its sender understands', async () => {
    const notice = await returned('ann@flagged.example', ['Subject: [plain encrypt] x'], text('x'))
    expect(notice).toContain('NICHT GESENDET')
    const refused = await returned(builderAddress, ['Subject: [plain] x'], text('x'))
    expect(refused).toContain('Bitte ohne [plain] im Betreff erneut senden.')
    expect(refused).toContain('NOT SENT')
    const mail = await sent('ann@permitted.example', ['Subject: [plain] Anfahrt'], text('zweite links'))
    expect(headerOf(mail)).toMatch(/^Subject: Anfahrt\r?$/m)
    expect((await verifySignature(site(), mail.content)).text).toContain('zweite links')
  })

  test('a typo in X-Postsiegel comes back instead of switching protection off', async () => {
    const notice = await returned('ann@flagged.example', ['X-Postsiegel: encypt', 'Subject: x'], text('x'))
    expect(notice).toContain('encypt')
  })

  test('an invitation passes as it is where the policy says so, and any other mail does not', async () => {
    const type = 'Content-Type: text/calendar; method=REQUEST; charset=utf-8'
    const calendar = 'BEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR\n'
    const mail = await sent('ann@invited.example', ['Subject: Termin', type], `\n${calendar}`)
    expect(headerOf(mail)).toMatch(/^Content-Type: text\/calendar; method=REQUEST/m)
    expect(mail.content.toString()).toContain('BEGIN:VCALENDAR')
    const other = await sent('ann@invited.example', ['Subject: Text'], text('geheim'))
    expect((await openPdf(site(), other, password, 'invited')).text).toContain('geheim')
  })

  test('mail to an OpenPGP key is signed by the author’s own, and GnuPG opens it', async () => {
    using folder = temporaryFolder()
    using gpg = startGpg(folder.path)
    gpg.import(annasPublicKey)
    const mail = await sent('dave@partner.example', ['Subject: Vertrag'], text('1.234 EUR'))
    expect(mail.content.toString()).not.toContain('1.234 EUR')
    const { content, good } = gpg.decrypts(bodyOfPart(mail.content, 'application/octet-stream'))
    expect(content.toString()).toContain('1.234 EUR')
    expect(good).toHaveLength(1)
  })

  test('mail to an OpenPGP key that is over waits for another, and somebody can look up why', async () => {
    for (const name of ['carol-expired', 'dave-revoked'])
      await command(['key', 'import', openPgpKeyFile(`${name}.pub.asc`)])
    const isNew = since(site())
    await send('carol@partner.example', ['Subject: x'], text('1.234 EUR'))
    await waitsFor(site(), 'carol@partner.example', /451 4\.7\.1/)
    expect(site().received().filter(isNew)).toEqual([])
    expect(await command(['key', 'explain', 'carol@partner.example'])).toMatch(/set aside: expired/)
    expect(await command(['key', 'explain', 'dave@partner.example'])).toMatch(/set aside: revoked/)
  })

  test('what its author encrypted leaves as it is, and what only says so does not', async () => {
    const { certificateFile, keyFile } = site().builderKeys
    const plain = Buffer.from('Content-Type: text/plain\r\n\r\nEnde zu Ende\r\n')
    const encrypted = await mustRun(['openssl', 'cms', '-encrypt', '-aes256', certificateFile], plain)
    const [head = '', body = ''] = encrypted.toString('latin1').replace(/\r?\n/g, '\n').split('\n\n')
    const fields = head.split('\n').filter((line) => !/^MIME-Version/i.test(line))
    const mail = await sent(builderAddress, [...fields, 'Subject: x'], `\n${body}\n`)
    expect(mail.content.toString().replace(/\s/g, '')).toContain(body.replace(/\s/g, ''))
    const keys = ['-recip', certificateFile, '-inkey', keyFile]
    const opened = await mustRun(['openssl', 'cms', '-decrypt', '-inform', 'SMIME', ...keys], mail.content)
    expect(opened.toString()).toContain('Ende zu Ende')

    const fake = ['Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m']
    const disguised = await sent(builderAddress, [...fake, 'Subject: x'], text('unverschluesselt'))
    expect(disguised.content.toString()).not.toContain('unverschluesselt')
    expect(headerOf(disguised)).toMatch(/pkcs7-mime/)
  })

  test('an 8-bit mail that its author signed arrives with a signature that holds', async () => {
    const part = Buffer.from(
      'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\u00fc\u00dfe, Stra\u00dfe\r\n',
    )
    const signer = join(site().folders.authority, 'anna-with-key.pem')
    const signed = await mustRun(['openssl', 'cms', '-sign', '-md', 'sha256', '-signer', signer], part)
    const whole = signed.toString('utf8').replace(/\r?\n/g, '\n')
    const split = whole.indexOf('\n\n')
    const fields = whole
      .slice(0, split)
      .split('\n')
      .filter((line) => !/^MIME-Version/i.test(line))
    const header = [...fields, 'Content-Transfer-Encoding: 8bit', 'Subject: x']
    const mail = await sent('ann@signed.example', header, whole.slice(split))
    expect((await verifySignature(site(), mail.content)).text).toContain('Straße')
    expect(mail.content.toString().match(/pkcs7-signature/g)?.length).toBeLessThanOrEqual(3)
  })

  test('mail among ourselves is not held up by a flag for those outside', async () => {
    const mail = await sent(jonas, ['Subject: [confidential] Mittag'], text('um zwoelf'))
    expect((await verifySignature(site(), mail.content)).text).toContain('um zwoelf')
  })
})
