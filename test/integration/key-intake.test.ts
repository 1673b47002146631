import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { arrivedParts, textOf } from '../../src/demonstration/attachments.ts'
import { ownDomain } from '../../src/demonstration/people.ts'
import { pollUntil } from '../../src/demonstration/poll-until.ts'
import { sendMail } from '../../src/demonstration/smtp-client.ts'
import { decodeText } from '../../src/message/encoded-words.ts'
import { firstValue, parseHeader } from '../../src/message/header.ts'
import { mailUser, makeCertificate } from '../support/make-certificate.ts'
import { openPgpKeyFile, startGpg } from '../support/openpgp-judges.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { writeTo } from '../support/site-mail.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { testKeyFile } from '../support/test-keys.ts'

const desk = `emailzertifikat@${ownDomain}`
const bob = 'bob@partner.example'
const carol = 'carol@partner.example'
const partner = { address: '192.0.2.50', name: 'mail.partner.example' }
const stranger = { address: '198.51.100.7', name: 'mail.forger.example' }
const dayMs = 86_400_000
/** The gateway lives two days ahead, so that certificates of today are valid, whatever the zone of the clock. */
const start = Date.now() + 2 * dayMs
const clockFolder = temporaryFolder()
const clock = join(clockFolder.path, 'clock')
const setClock = (at: number) => writeFileSync(clock, new Date(at).toISOString())
setClock(start)

describe.skipIf(noSite)(`certificates by mail, through a real Postfix${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests({
    zone: {
      'partner.example': {
        TXT: [`v=spf1 ip4:${partner.address} -all`],
        MX: [{ preference: 10, exchange: 'mx.anderswo.example' }],
      },
      '_dmarc.partner.example': { TXT: ['v=DMARC1; p=none'] },
    },
    settings: {
      intake: { address: desk },
      testMode: { clock },
      // What is under test is the round trip: nothing comes into the store beside it.
      discovery: { autocrypt: false, harvest: false },
    },
  })
  let folder: ReturnType<typeof temporaryFolder>
  let gpg: ReturnType<typeof startGpg>
  beforeAll(() => {
    folder = temporaryFolder()
    gpg = startGpg(folder.path)
  })
  afterAll(() => {
    gpg?.[Symbol.dispose]()
    folder?.[Symbol.dispose]()
    clockFolder[Symbol.dispose]()
  })

  let count = 0
  interface Letter {
    readonly from?: string
    readonly client?: typeof partner
    readonly header?: string
    readonly text?: string
    readonly file?: readonly [name: string, content: Uint8Array, type?: string]
    /** The whole entity instead: fields and body. */
    readonly entity?: Uint8Array
  }
  async function send({
    from = bob,
    client = partner,
    header = '',
    text = 'Guten Tag.',
    file,
    entity,
  }: Letter) {
    count += 1
    const [name, content, type = 'application/octet-stream'] = file ?? ['', new Uint8Array()]
    const attached =
      `--o\r\nContent-Type: ${type}; name="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n` +
      `${Buffer.from(content).toString('base64').replaceAll(/.{76}/g, '$&\r\n')}\r\n`
    const plain =
      'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: text/plain\r\n\r\n' +
      `${text}\r\n${file ? attached : ''}--o--\r\n`
    const body = entity ? Buffer.from(entity).toString('latin1').replaceAll(/\r?\n/g, '\r\n') : plain
    const head = `From: ${from}\r\nTo: ${desk}\r\nSubject: Mein Zertifikat\r\nDate: ${new Date(start).toUTCString()}\r\nMessage-ID: <${count}@partner.example>\r\n`
    const { reply } = await sendMail({
      port: site().postfix.ports.inbound,
      client,
      sender: from,
      recipients: [desk],
      message: Buffer.from(`${head}${header}${body}`, 'latin1'),
    })
    return reply
  }

  /** The next mail of ours to a partner whose Message-ID says so, and its header. */
  const seen = new Set<string>()
  async function answerTo(recipient: string, what: string) {
    const found = await pollUntil(`mail ${what} to ${recipient}`, () =>
      site()
        .received()
        .find(
          ({ recipient: to, content, file }) =>
            to === recipient && !seen.has(file) && content.includes(`<postsiegel.intake.${what}.`),
        ),
    )
    seen.add(found.file)
    const { content } = found
    const { fields } = parseHeader(content.subarray(0, content.indexOf('\r\n\r\n') + 4))
    const field = (name: string) => firstValue(fields, name)?.trim() ?? ''
    return { ...found, field, subject: decodeText(field('Subject')), text: textOf(arrivedParts(content)) }
  }
  const answersTo = (recipient: string) =>
    site()
      .received()
      .filter(({ recipient: to, content }) => to === recipient && content.includes('<postsiegel.intake.'))
  const states = async () =>
    JSON.parse(String((await site().command(['intake', 'list', '--json'])).stdout)) as {
      readonly id: string
      readonly author: string
      readonly state: string
      readonly reason: string
      readonly isAuthentic: boolean
    }[]
  const stateOf = (author: string, state: string) =>
    pollUntil(`${author} is ${state}`, async () =>
      (await states()).findLast((each) => each.author === author && each.state === state),
    )

  /** What the partner finds inside with the openssl program. */
  function opened(mail: Uint8Array, name: string): Buffer {
    const input = join(folder.path, 'in.eml')
    writeFileSync(input, mail)
    const keys = ['-inkey', testKeyFile(`${name}.key.pem`), '-recip', testKeyFile(`${name}.cert.pem`)]
    return execFileSync('openssl', ['cms', '-decrypt', '-binary', '-in', input, ...keys])
  }
  function decrypted(mail: Uint8Array, name: string): string {
    const inner = opened(mail, name)
    return textOf(arrivedParts(Buffer.from(inner.toString('latin1').replaceAll(/\r?\n/g, '\r\n'), 'latin1')))
  }
  const codeIn = (text: string) => /[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}/.exec(text)?.[0] ?? ''
  const reply = (to: { field(name: string): string }, text: string, from = bob): Letter => ({
    from,
    header: `In-Reply-To: ${to.field('Message-ID')}\r\n`,
    text: `Gern.\r\n\r\n> ${text.replaceAll(/\r?\n/g, '\r\n> ')}\r\n`,
  })

  test('a certificate is used once its owner has answered the mail that only he could open; what waited for it leaves', async () => {
    expect((await writeTo(site(), [bob], 'Ihr Bescheid ist da.')).code).toBe(250)
    await pollUntil('our mail waits', async () =>
      String((await site().command(['waiting'])).stdout).includes(bob),
    )
    const certificate = readFileSync(testKeyFile('bob-rsa.cert.pem'))
    expect((await send({ file: ['bob.cer', certificate] })).code).toBe(250)
    const received = await answerTo(bob, 'received')
    expect(received.sender).toBe('')
    expect(received.field('Auto-Submitted')).toBe('auto-replied')
    expect(received.field('From')).toContain(desk)
    expect(received.field('In-Reply-To')).toBe('<1@partner.example>')
    expect(received.subject).toBe('Zertifikat erhalten / Certificate received')
    const proof = await answerTo(bob, 'proof')
    expect(proof.field('Content-Type')).toContain('enveloped-data')
    const text = decrypted(proof.content, 'bob-rsa')
    const code = codeIn(text)
    expect(code).not.toBe('')
    expect(
      site()
        .received()
        .some(({ content }) => content.includes(code)),
    ).toBe(false)
    // The mail itself is delivered as any other.
    expect(
      site()
        .received()
        .some(({ recipient, content }) => recipient === desk && content.includes('<1@partner')),
    ).toBe(true)

    expect((await send(reply(proof, text))).code).toBe(250)
    const active = await answerTo(bob, 'active')
    expect(active.text).toContain('Ihr Zertifikat ist jetzt eingerichtet.')
    const ours = await pollUntil('our mail leaves', () =>
      site()
        .received()
        .find(({ recipient, content }) => recipient === bob && !content.includes('<postsiegel.intake.')),
    )
    expect(decrypted(ours.content, 'bob-rsa')).toContain('Ihr Bescheid ist da.')
    const keys = String((await site().command(['key', 'list', bob])).stdout)
    expect(keys).toMatch(/smime.*verified \(intake\)/)
  })

  test('an OpenPGP key is proved by GnuPG', async () => {
    const key = readFileSync(openPgpKeyFile('carol-rsa3072.pub.asc'))
    expect((await send({ from: carol, file: ['carol.asc', key, 'application/pgp-keys'] })).code).toBe(250)
    const proof = await answerTo(carol, 'proof')
    expect(proof.field('Content-Type')).toContain('multipart/encrypted')
    const { content } = gpg.decrypts(proof.content)
    const text = textOf(arrivedParts(content))
    expect((await send(reply(proof, text, carol))).code).toBe(250)
    expect((await answerTo(carol, 'active')).text).toContain('Ihr Schlüssel ist jetzt eingerichtet.')
    expect((await writeTo(site(), [carol], 'Hallo Carol.')).code).toBe(250)
    const ours = await pollUntil('our mail leaves', () =>
      site()
        .received()
        .find(({ recipient, content }) => recipient === carol && !content.includes('<postsiegel.intake.')),
    )
    expect(gpg.decrypts(ours.content).content.toString()).toContain('Hallo Carol.')
  })

  test('the certificate of a signed mail is taken, the proof is signed by us, and the reply may be encrypted to us', async () => {
    const ours = makeCertificate(folder.path, {
      ...{ name: 'desk', key: 2048, extensions: mailUser(desk, 'keyEncipherment') },
    })
    const both = join(folder.path, 'desk-both.pem')
    writeFileSync(both, `${readFileSync(ours.certificateFile)}${readFileSync(ours.keyFile)}`)
    expect((await site().command(['key', 'import', both])).status).toBe(0)
    const input = join(folder.path, 'letter')
    writeFileSync(input, 'Content-Type: text/plain\r\n\r\nAnbei mein Zertifikat.\r\n')
    const signed = execFileSync('openssl', [
      ...['cms', '-sign', '-in', input, '-crlfeol', '-signer', testKeyFile('bob-ec.cert.pem')],
      ...['-inkey', testKeyFile('bob-ec.key.pem'), '-certfile', testKeyFile('intermediate-ca.cert.pem')],
    ])
    expect((await send({ entity: signed })).code).toBe(250)
    expect((await answerTo(bob, 'received')).field('Content-Type')).toContain('multipart/signed')
    const proof = await answerTo(bob, 'proof')
    const entity = join(folder.path, 'proof-entity')
    writeFileSync(entity, opened(proof.content, 'bob-ec'))
    execFileSync('openssl', ['cms', '-verify', '-in', entity, '-CAfile', ours.certificateFile], {
      stdio: 'pipe',
    })
    const code = codeIn(decrypted(proof.content, 'bob-ec'))
    const { header = '', text = '' } = reply(proof, code)
    writeFileSync(input, `Content-Type: text/plain\r\n\r\n${text}`)
    const closed = execFileSync('openssl', [
      ...['cms', '-encrypt', '-binary', '-aes-256-cbc', '-in', input, ours.certificateFile],
    ])
    expect((await send({ header, entity: closed })).code).toBe(250)
    // Proven; but another certificate without an authority that we know is in use for him.
    expect((await answerTo(bob, 'review')).text).toContain('schon ein anderes Zertifikat')
    const { id } = await stateOf(bob, 'review')
    expect((await site().command(['intake', 'accept', id])).status).toBe(0)
    await answerTo(bob, 'active')
  })

  test('PKCS#7 with its chain is taken; a certificate of somebody else goes to review, an expired one is refused', async () => {
    const p7b = execFileSync('openssl', [
      ...['crl2pkcs7', '-nocrl', '-outform', 'DER', '-certfile', testKeyFile('bob-wrong-email.cert.pem')],
      ...['-certfile', testKeyFile('chain.pem')],
    ])
    expect((await send({ from: 'dave@partner.example', file: ['dave.p7b', p7b] })).code).toBe(250)
    const review = await answerTo('dave@partner.example', 'review')
    expect(review.text).toContain('mallory@evil.example')
    expect(review.text).toContain('innerhalb von 7 Tagen')
    const { id } = await stateOf('dave@partner.example', 'review')
    const reason = 'Bitte nur Ihr eigenes Zertifikat.'
    expect((await site().command(['intake', 'refuse', id, '--reason', reason])).status).toBe(0)
    expect((await answerTo('dave@partner.example', 'refused')).text).toContain(reason)

    const expired = readFileSync(openPgpKeyFile('carol-expired.pub.asc'))
    expect((await send({ from: carol, file: ['alt.asc', expired] })).code).toBe(250)
    expect((await answerTo(carol, 'refused')).text).toContain('Die Gültigkeit ist abgelaufen.')
  })

  test('a private key is refused in the dialogue and is nowhere afterwards', async () => {
    const key = readFileSync(testKeyFile('bob-ec.key.pem'))
    const marks = [
      key.toString('latin1').split('\n')[1] ?? '',
      readFileSync(testKeyFile('bob-rsa.p12')).subarray(100, 140),
    ]
    for (const file of [
      ['mein-zertifikat.cer', key],
      ['bob.p12', readFileSync(testKeyFile('bob-rsa.p12'))],
      ['bob.asc', readFileSync(openPgpKeyFile('carol-rsa3072.sec.asc'))],
    ] as const) {
      const { code, text } = await send({ file })
      expect(code).toBe(550)
      expect(text).toMatch(/5\.7\.1 NICHT ANGENOMMEN: Die E-Mail enthaelt einen privaten/)
      expect(text).toContain('The mail holds a private (secret) key')
    }
    const files = [site().folders.state, site().folders.log, site().folders.mail].flatMap((top) =>
      readdirSync(top, { recursive: true, encoding: 'utf8' })
        .map((name) => join(top, name))
        .filter((name) => statSync(name).isFile()),
    )
    expect(files.length).toBeGreaterThan(5)
    for (const name of files)
      for (const mark of marks) expect(readFileSync(name).includes(mark), name).toBe(false)
  })

  test('a forged sender gets no answer, and a person decides', async () => {
    writeFileSync(
      join(site().folders.policies, '90-desk.yaml'),
      `inbound:\n  ${desk}:\n    acceptFrom: -100\n    refuseBelow: -100\n`,
    )
    expect((await site().command(['reload'])).status).toBe(0)
    const gina = 'gina@partner.example'
    const certificate = readFileSync(testKeyFile('bob-wrong-email.cert.pem'))
    expect((await send({ from: gina, client: stranger, file: ['x.cer', certificate] })).code).toBe(250)
    const { id, isAuthentic } = await stateOf(gina, 'review')
    expect(isAuthentic).toBe(false)
    const said = await site().command(['intake', 'refuse', id, '--reason', 'gefälscht'])
    expect(String(said.stdout)).toContain('nobody is told')
    expect(answersTo(gina)).toEqual([])
  })

  test('two programs that answer each other stop at once', async () => {
    const key = readFileSync(testKeyFile('bob-rsa.cert.pem'))
    const erik = 'erik@partner.example'
    for (const header of [
      'Auto-Submitted: auto-replied\r\n',
      'Precedence: bulk\r\n',
      'List-Id: <x.partner.example>\r\n',
    ])
      expect((await send({ from: erik, header, file: ['x.cer', key] })).code).toBe(250)
    expect((await states()).filter(({ author }) => author === erik)).toEqual([])
    expect(answersTo(erik)).toEqual([])
  })

  test('the postmaster hears on the fifth and on the sixth day of what is still open', async () => {
    const fred = 'fred@partner.example'
    const key = readFileSync(testKeyFile('bob-rsa.cert.pem'))
    expect((await send({ from: fred, file: ['x.cer', key] })).code).toBe(250)
    await stateOf(fred, 'review')
    const warnings = () =>
      site()
        .received()
        .filter(
          ({ recipient, content }) =>
            recipient === `postmaster@${ownDomain}` && content.includes('<postsiegel.intake-due.'),
        )
    for (const day of [5, 6]) {
      setClock(start + day * dayMs)
      await pollUntil(`warning of day ${day}`, () => warnings().length === day - 4)
    }
    expect(textOf(arrivedParts(warnings()[1]?.content ?? Buffer.alloc(0)))).toContain(fred)
    expect(String((await site().command(['status'])).stdout)).toMatch(
      /intake {7}\d+ wait for review, .*1 days left/,
    )
  })

  test('nothing went wrong meanwhile', () => {
    expect(
      site()
        .events()
        .filter(({ event }) => event === 'problem'),
    ).toEqual([])
    expect(site().ended()).toBeUndefined()
  })
})
