import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import type { Answer } from '../../../src/delivery/send-answer.ts'
import { intakeHandlers } from '../../../src/gateway/calls/intake-handlers.ts'
import { openIntakeDesk } from '../../../src/gateway/intake-desk.ts'
import type { IntakeParts } from '../../../src/gateway/intake-parts.ts'
import { workOnIntakes } from '../../../src/gateway/work-on-intakes.ts'
import type { GatheredFacts } from '../../../src/inspection/gather-facts.ts'
import { importKeys } from '../../../src/keys/import/import-keys.ts'
import { autocryptField } from '../../../src/keys/openpgp/autocrypt.ts'
import { generateOpenPgpKey } from '../../../src/keys/openpgp/openpgp-own.ts'
import { noProtection, type ProtectionFacts } from '../../../src/message/facts.ts'
import { parseMailbox } from '../../../src/message/mailbox.ts'
import { mailUser, makeCertificate } from '../../support/make-certificate.ts'
import { openTestStorage } from '../../support/open-test-storage.ts'
import { openPgpKeyFile } from '../../support/openpgp-judges.ts'
import { receivedMessage } from '../../support/received-message.ts'
import { storedCertificate } from '../../support/stored-key.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { testCertificate, testKeyFile } from '../../support/test-keys.ts'

const bob = 'bob@partner.example'
const carol = 'carol@partner.example'
const desk = 'emailzertifikat@kanzlei.example'
const dayMs = 86_400_000
// Behind the day on which the test keys were made.
const noon = new Date('2026-12-01T12:00:00Z')
const file = (name: string) => readFileSync(testKeyFile(name))
const pgp = (name: string) => readFileSync(openPgpKeyFile(name))
const p7b = () =>
  execFileSync('openssl', [
    'crl2pkcs7',
    '-nocrl',
    '-certfile',
    testKeyFile('chain.pem'),
    '-certfile',
    testKeyFile('bob-rsa.cert.pem'),
    '-outform',
    'DER',
  ])

interface Mail {
  readonly from?: string
  readonly files?: Readonly<Record<string, Uint8Array>>
  readonly text?: string
  readonly header?: string
  readonly sender?: string
  readonly to?: string
  readonly isAuthentic?: boolean
  readonly signedBy?: string
}

let folder: ReturnType<typeof temporaryFolder>
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => folder[Symbol.dispose]())

async function house(change: Partial<IntakeParts['intake']> = {}) {
  const storage = await openTestStorage()
  const state = { at: noon, isDown: false, serial: 0 }
  const sent: Answer[] = []
  const retried: string[] = []
  const errors: unknown[] = []
  const parts: IntakeParts = {
    intake: { address: desk, activate: 'proven', days: 7, ...change },
    organization: { name: 'Kanzlei Muster', telephone: '+49 30 5550100' },
    ...{ intakes: storage.intakes, keyStore: storage.keyStore, effects: storage.effects },
    anchors: [testCertificate('root-ca')],
    partnerAnchors: async () => [],
    checkRevocation: async ([leaf]) => ({
      kind: leaf?.fingerprint === testCertificate('bob-revoked').fingerprint ? 'revoked' : 'good',
      ...{ detail: 'by its list', checkedBy: 'crl', isBlocking: false },
    }),
    async send(answer) {
      if (state.isDown) throw new Error('Postfix is down')
      sent.push(answer)
    },
    async retry(recipient) {
      retried.push(recipient)
      return []
    },
    now: () => state.at,
    log: () => {},
    onError: (error) => errors.push(error),
  }
  const { read, keep } = openIntakeDesk(parts)
  /** Hands over a mail; again with the same `serial` it is the same mail. */
  async function arrive(mail: Mail, serial = ++state.serial) {
    const { from = bob, files = {}, text = 'Guten Tag.', header = '', isAuthentic = true, signedBy } = mail
    const attached = Object.entries(files).map(
      ([name, content]) =>
        `--o\r\nContent-Type: application/octet-stream; name="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n` +
        `${Buffer.from(content).toString('base64').replaceAll(/.{76}/g, '$&\r\n')}\r\n`,
    )
    const whole =
      `From: ${from}\r\nTo: ${desk}\r\nMessage-ID: <${serial}@partner.example>\r\n${header}MIME-Version: 1.0\r\n` +
      'Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: text/plain\r\n\r\n' +
      `${text}\r\n${attached.join('')}--o--\r\n`
    const message = receivedMessage(Buffer.from(whole), {
      sender: mail.sender ?? from,
      recipients: ['anna@kanzlei.example', mail.to ?? 'EmailZertifikat@kanzlei.example'],
      receivedAt: state.at,
    })
    const parsed = parseMailbox(from)
    const author = parsed.kind === 'mailbox' ? parsed.mailbox : undefined
    const protection: ProtectionFacts =
      signedBy === undefined
        ? noProtection
        : {
            ...noProtection,
            signature: 'valid',
            layers: [
              {
                ...{ kind: 'signed', format: 'smime', verdict: 'valid', reason: 'valid', signedAt: noon },
                signer: { fingerprint: signedBy, addresses: [from] },
              },
            ],
          }
    const dmarc = { result: isAuthentic ? 'pass' : 'fail', policy: 'reject' }
    const spf = { result: 'none', domain: undefined, aligned: false }
    const facts = {
      authentication: { author, spf, dkim: [], dmarc, arc: 'none' },
      protection,
      ownDomain: false,
    }
    const gathered = { facts, opened: { message, protection, brought: [] } } as unknown as GatheredFacts
    const found = await read(message, gathered)
    if (found === undefined || found.kind === 'private-key') return { kind: found?.kind, lines: [] }
    const { lines, goOn } = await keep(found)
    await goOn()
    return { kind: found.kind, lines }
  }
  /** Mails since the last question, by what their Message-ID says. */
  const mails = () =>
    sent.splice(0).map((answer) => ({ ...answer, what: answer.messageIdLocal.split('.')[2] ?? '' }))
  const names = () => mails().map(({ what }) => what)
  const states = async () => (await storage.intakes.list()).map(({ state: its, reason }) => [its, reason])
  const reply = (code: string): Mail => ({
    header: `In-Reply-To: <postsiegel.intake.proof.x@kanzlei.example>\r\n`,
    text: `Gerne!\r\n> ${code}\r\n`,
  })
  return {
    ...{ storage, parts, state, arrive, mails, names, states, retried, errors, reply },
    handlers: intakeHandlers(parts),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  }
}

const codeIn = (text: string) => /[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}/.exec(text)?.[0] ?? ''

describe('a partner sends', () => {
  for (const [what, files, from, kind] of [
    ['a certificate in PEM', { 'bob.cer': file('bob-rsa.cert.pem') }, bob, 'smime'],
    ['a certificate for ECDH', { 'bob.crt': file('bob-ec.cert.pem') }, bob, 'smime'],
    ['a certificate that signs itself', { 'bob.pem': file('bob-selfsigned.cert.pem') }, bob, 'smime'],
    ['certificates in PKCS#7', { 'bob.p7b': p7b() }, bob, 'smime'],
    ['an OpenPGP key', { 'carol.asc': pgp('carol-rsa3072.pub.asc') }, carol, 'openpgp'],
  ] as const) {
    it(`${what}: it is used once the encrypted mail was answered`, async () => {
      await using site = await house()
      await site.arrive({ files, from })
      const [received, proof, ...more] = site.mails()
      expect([received?.what, proof?.what, more]).toEqual(['received', 'proof', []])
      expect(received).toMatchObject({ to: from, inReplyTo: '<1@partner.example>' })
      expect(received?.encryptTo).toBeUndefined()
      expect(proof?.encryptTo?.kind).toBe(kind)
      const code = codeIn(proof?.text ?? '')
      expect(
        JSON.stringify([received, { ...proof, text: '' }, await site.storage.intakes.list()]),
      ).not.toContain(code)
      expect((await site.storage.keyStore.find(from)).length).toBe(0)
      const { lines } = await site.arrive({ ...site.reply(code), from })
      expect(lines).toEqual([expect.stringMatching(/^intake [0-9A-Z-]{14}: proven$/)])
      expect(site.names()).toEqual(['active'])
      expect(await site.states()).toEqual([['active', 'proven']])
      const [key] = await site.storage.keyStore.find(from)
      expect(key).toMatchObject({ kind, trust: 'verified', source: 'intake', state: 'active' })
      expect(site.retried).toContain(from)
      expect(site.errors).toEqual([])
    })
  }

  for (const [what, mail, answers, settled] of [
    [
      'a certificate of somebody else',
      { files: { 'x.cer': file('alice-rsa.cert.pem') } },
      ['review'],
      ['review', 'other-address'],
    ],
    [
      'an expired certificate',
      { from: 'alice@kanzlei.example', files: { 'x.cer': file('alice-expired.cert.pem') } },
      ['refused'],
      ['refused', 'expired'],
    ],
    [
      'a revoked certificate',
      { files: { 'x.cer': Buffer.concat([file('bob-revoked.cert.pem'), file('intermediate-ca.cert.pem')]) } },
      ['refused'],
      ['refused', 'revoked'],
    ],
    [
      'a certificate that only signs',
      { from: 'alice@kanzlei.example', files: { 'x.cer': file('alice-ed25519.cert.pem') } },
      ['refused'],
      ['refused', 'wrong-usage'],
    ],
    [
      'an expired OpenPGP key',
      { from: carol, files: { 'x.asc': pgp('carol-expired.pub.asc') } },
      ['refused'],
      ['refused', 'expired'],
    ],
    [
      'a certificate in a forged mail',
      { isAuthentic: false, files: { 'x.cer': file('bob-rsa.cert.pem') } },
      [],
      ['review', 'not-authenticated'],
    ],
    [
      'a broken certificate',
      { files: { 'x.cer': Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n') } },
      ['nothing'],
      undefined,
    ],
    ['nothing', {}, ['nothing'], undefined],
    ['nothing in a forged mail', { isAuthentic: false }, [], undefined],
    [
      'a certificate by a program',
      { header: 'Auto-Submitted: auto-replied\r\n', files: { 'x.cer': file('bob-rsa.cert.pem') } },
      [],
      undefined,
    ],
    [
      'a certificate in a bounce',
      { sender: '', files: { 'x.cer': file('bob-rsa.cert.pem') } },
      [],
      undefined,
    ],
    [
      'a certificate to somebody else',
      { to: 'jonas@kanzlei.example', files: { 'x.cer': file('bob-rsa.cert.pem') } },
      [],
      undefined,
    ],
  ] as const satisfies readonly (readonly [
    string,
    Mail,
    readonly string[],
    readonly string[] | undefined,
  ])[]) {
    it(`${what}: ${settled?.join(', ') ?? 'nothing is kept'}, ${answers.length} answers`, async () => {
      await using site = await house()
      await site.arrive(mail)
      expect(site.names()).toEqual(answers)
      expect(await site.states()).toEqual(settled ? [settled] : [])
      expect(site.errors).toEqual([])
    })
  }

  it('a private key: the mail is to be refused', async () => {
    await using site = await house()
    expect((await site.arrive({ files: { 'bob.p12': file('bob-rsa.p12') } })).kind).toBe('private-key')
    expect(await site.states()).toEqual([])
  })

  it('several certificates: each is proved by itself', async () => {
    await using site = await house()
    await site.arrive({ files: { 'a.cer': file('bob-rsa.cert.pem'), 'b.cer': file('bob-ec.cert.pem') } })
    const codes = site
      .mails()
      .filter(({ what }) => what === 'proof')
      .map(({ text }) => codeIn(text))
    expect(new Set(codes).size).toBe(2)
    await site.arrive(site.reply(codes[1] ?? ''))
    expect(await site.states()).toEqual(
      expect.arrayContaining([
        ['active', 'proven'],
        ['proving', ''],
      ]),
    )
  })
})

describe('an encrypted round trip', () => {
  const certificate: Mail = { files: { 'bob.cer': file('bob-rsa.cert.pem') } }

  it('is begun once, however often the mail comes', async () => {
    await using site = await house()
    await site.arrive(certificate, 1)
    expect(site.names()).toEqual(['received', 'proof'])
    await site.arrive(certificate, 1)
    await workOnIntakes(site.parts)
    expect(site.names()).toEqual([])
    expect(await site.states()).toEqual([['proving', '']])
  })

  it('is begun anew if the certificate is sent again, and the old code is worth nothing', async () => {
    await using site = await house()
    await site.arrive(certificate)
    const old = codeIn(site.mails()[1]?.text ?? '')
    await site.arrive(certificate)
    expect(site.names()).toEqual(['received', 'proof'])
    await site.arrive(site.reply(old))
    expect(await site.states()).toEqual(
      expect.arrayContaining([
        ['refused', 'sent again'],
        ['proving', ''],
      ]),
    )
    expect(await site.storage.keyStore.find(bob)).toEqual([])
  })

  it('fails for a code that was never made, says so once a day, and ends with the fifth', async () => {
    await using site = await house()
    await site.arrive(certificate)
    const right = codeIn(site.mails()[1]?.text ?? '')
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      await site.arrive(site.reply('AAAA-AAAA-AAAA-AAAA'))
      expect(site.names()).toEqual(attempt === 1 ? ['code'] : [])
    }
    expect(await site.states()).toEqual([['refused', 'too-many-codes']])
    await site.arrive(site.reply(right))
    expect(await site.storage.keyStore.find(bob)).toEqual([])
  })

  it('is not spoiled by forged replies', async () => {
    await using site = await house()
    await site.arrive(certificate)
    const code = codeIn(site.mails()[1]?.text ?? '')
    for (let attempt = 1; attempt <= 9; attempt += 1)
      await site.arrive({ ...site.reply('AAAA-AAAA-AAAA-AAAA'), isAuthentic: false })
    expect(site.names()).toEqual([])
    await site.arrive(site.reply(code))
    expect(site.names()).toEqual(['active'])
  })

  it('is begun 16 times a day at most', async () => {
    await using site = await house()
    for (let time = 1; time <= 20; time += 1) await site.arrive(certificate)
    expect(site.names().filter((what) => what === 'proof')).toHaveLength(16)
    site.state.at = new Date(noon.getTime() + dayMs)
    await site.arrive(certificate)
    expect(site.names()).toEqual(['received', 'proof'])
  })

  it('succeeds too if the reply brings the certificate again', async () => {
    await using site = await house()
    await site.arrive(certificate)
    const code = codeIn(site.mails()[1]?.text ?? '')
    await site.arrive({ ...site.reply(code), ...certificate, text: code })
    expect(await site.states()).toEqual([['active', 'proven']])
    expect(site.names()).toEqual(['active'])
  })

  it('counts for its own sender only', async () => {
    await using site = await house()
    await site.arrive(certificate)
    const code = codeIn(site.mails()[1]?.text ?? '')
    await site.arrive({ ...site.reply(code), from: 'mallory@else.example' })
    expect(await site.states()).toEqual([['proving', '']])
  })

  it('ends after 14 days', async () => {
    await using site = await house()
    await site.arrive(certificate)
    const code = codeIn(site.mails()[1]?.text ?? '')
    site.state.at = new Date(noon.getTime() + 15 * dayMs)
    await site.arrive(site.reply(code))
    expect(await site.states()).toEqual([['refused', 'unproven']])
    expect(site.names()).toContain('refused')
  })

  it('goes on an hour later if Postfix was down', async () => {
    await using site = await house()
    site.state.isDown = true
    await site.arrive(certificate)
    expect(await site.states()).toEqual([['received', '']])
    expect(site.errors).toHaveLength(1)
    site.state.isDown = false
    await workOnIntakes(site.parts)
    const [, proof] = site.mails()
    await site.arrive(site.reply(codeIn(proof?.text ?? '')))
    expect(await site.states()).toEqual([['active', 'proven']])
  })

  it('leads to review where the policy wants that', async () => {
    await using site = await house({ activate: 'review' })
    await site.arrive(certificate)
    const [, proof] = site.mails()
    await site.arrive(site.reply(codeIn(proof?.text ?? '')))
    expect(site.names()).toEqual(['review'])
    const [intake] = await site.storage.intakes.list()
    expect(intake).toMatchObject({ state: 'review', reason: 'proven', isProven: true })
    await site.handlers['intake-accept']({ id: intake?.id.toLowerCase() ?? '' })
    expect(site.names()).toEqual(['active'])
  })

  it('is not enough where another certificate without a chain would be joined by this one', async () => {
    await using site = await house()
    const other = makeCertificate(folder.path, { name: 'other', extensions: mailUser(bob) }).certificate
    await site.storage.keyStore.add(storedCertificate(testCertificate('bob-rsa')))
    await site.arrive({ files: { 'neu.cer': Buffer.from(other.pem) } })
    const [, proof] = site.mails()
    await site.arrive(site.reply(codeIn(proof?.text ?? '')))
    const [review] = site.mails()
    expect(review?.text).toContain('schon ein anderes Zertifikat')
    expect((await site.states())[0]?.[0]).toBe('review')
    expect(await site.storage.keyStore.byFingerprint(other.fingerprint)).toMatchObject({ state: 'pending' })
    const [intake] = await site.storage.intakes.list()
    await site.handlers['intake-accept']({ id: intake?.id ?? '' })
    expect(await site.storage.keyStore.byFingerprint(other.fingerprint)).toMatchObject({ state: 'active' })
  })
})

describe('a renewed certificate', () => {
  const renewed = () =>
    makeCertificate(folder.path, { name: 'renewed', extensions: mailUser(bob) }).certificate
  for (const [what, change, isTaken] of [
    ['a verified one', { trust: 'verified' }, true],
    ['a harvested one', { trust: 'harvested' }, false],
    ['one of another address', { addresses: ['rob@partner.example'] }, false],
    ['a retired one', { state: 'retired' }, false],
    ['a pinned one', { pinned: true }, false],
  ] as const) {
    it(`signed by ${what} is ${isTaken ? '' : 'not '}used at once`, async () => {
      await using site = await house()
      const old = testCertificate('bob-rsa')
      await site.storage.keyStore.add(storedCertificate(old, { trust: 'verified', ...change }))
      await site.arrive({ files: { 'neu.cer': Buffer.from(renewed().pem) }, signedBy: old.fingerprint })
      expect((await site.states())[0]?.[0] === 'active').toBe(isTaken)
      expect(site.names().includes('active')).toBe(isTaken)
    })
  }
})

test('a renewed certificate that was retired here stays so, whoever signs the mail that brings it', async () => {
  await using site = await house()
  const [old, renewed] = [testCertificate('bob-rsa'), testCertificate('bob-ec')]
  await site.storage.keyStore.add(storedCertificate(old, { trust: 'verified' }))
  await site.storage.keyStore.add(storedCertificate(renewed, { trust: 'verified', state: 'retired' }))
  await site.arrive({ files: { 'neu.cer': file('bob-ec.cert.pem') }, signedBy: old.fingerprint })
  expect((await site.states())[0]?.[0]).toBe('review')
  expect(await site.storage.keyStore.byFingerprint(renewed.fingerprint)).toMatchObject({ state: 'retired' })
})

test('a key in the header of an old signed mail that was sent again is not believed for its signature', async () => {
  await using site = await house()
  const known = await importKeys(pgp('carol-rsa3072.pub.asc'), {
    source: 'intake',
    trust: 'verified',
    at: noon,
  })
  for (const { key } of known) await site.storage.keyStore.add(key)
  const signedBy = known[0]?.key.fingerprint ?? ''
  const fake = await generateOpenPgpKey({ name: 'Carol', address: carol }, noon)
  const field = await autocryptField(fake.armored, carol, noon)
  await site.arrive({ from: carol, isAuthentic: false, signedBy, header: `Autocrypt:${field?.value}\r\n` })
  // It goes to the true Carol, who did not ask for it.
  expect(site.names()).toEqual(['received', 'proof'])
  expect(await site.storage.keyStore.find(carol)).toHaveLength(1)
})

describe('a person of the house', () => {
  const forged: Mail = { isAuthentic: false, files: { 'x.cer': file('bob-rsa.cert.pem') } }

  test('accepts what was not authenticated, and its sender is told', async () => {
    await using site = await house()
    await site.arrive(forged)
    const [{ id } = { id: '' }] = await site.handlers['intake-list']({ state: 'review' })
    expect(await site.handlers['intake-show']({ id })).toMatchObject({
      subject: expect.stringContaining('CN='),
    })
    expect(await site.handlers['intake-accept']({ id })).toMatchObject({ state: 'active', daysLeft: null })
    expect(site.names()).toEqual(['active'])
    expect(await site.storage.keyStore.find(bob)).toHaveLength(1)
    await expect(site.handlers['intake-accept']({ id })).rejects.toThrow('settled already')
  })

  test('refuses with a reason, which no forged sender hears', async () => {
    await using site = await house()
    await site.arrive(forged)
    const [{ id } = { id: '' }] = await site.handlers['intake-list']({})
    await site.handlers['intake-refuse']({ id, reason: 'Nicht bestellt.' })
    expect(site.names()).toEqual([])
    await site.arrive({ files: { 'x.cer': file('alice-rsa.cert.pem') } })
    const [open] = await site.handlers['intake-list']({ state: 'review' })
    site.mails()
    await site.handlers['intake-refuse']({ id: open?.id ?? '', reason: 'Bitte nur Ihr eigenes.' })
    expect(site.mails()[0]?.text).toContain('Der Grund: Bitte nur Ihr eigenes.')
  })

  test('cannot accept what has expired meanwhile', async () => {
    await using site = await house()
    await site.arrive(forged)
    const [{ id } = { id: '' }] = await site.handlers['intake-list']({})
    site.state.at = new Date('2050-06-01T12:00:00Z')
    await expect(site.handlers['intake-accept']({ id })).rejects.toThrow('It cannot be used: expired')
    expect(await site.storage.keyStore.find(bob)).toEqual([])
  })

  test('is told where no address takes certificates', async () => {
    await expect(intakeHandlers(undefined)['intake-list']({})).rejects.toThrow('no intake')
  })
})
