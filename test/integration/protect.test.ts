import { tmpdir } from 'node:os'
import { PDFDocument } from 'pdf-lib'
import { describe, expect, it } from 'vitest'
import type { Converter } from '../../src/converter/converter.ts'
import type { Protection, Treatment } from '../../src/decision/outcome.ts'
import { type ProtectionOrder, protect } from '../../src/delivery/protect.ts'
import { TemporaryFailure } from '../../src/failure.ts'
import type { Ways } from '../../src/keys/find-ways.ts'
import { derivePdfPassword } from '../../src/protection/pdf/derive.ts'
import { mailCryptoHere } from '../../src/protection/threads/mail-crypto.ts'
import { openWorkspace } from '../../src/storage/spool.ts'
import { applyEdits } from '../support/apply-edits.ts'
import { armoredKey, bodyOfPart, startGpg } from '../support/openpgp-judges.ts'
import { noWays, treatment } from '../support/outbound.ts'
import { receivedMessage } from '../support/received-message.ts'
import { opensslDecrypts, opensslVerifies } from '../support/smime-judges.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { testCertificate, testSigner } from '../support/test-keys.ts'

const signers = { smime: testSigner('alice-rsa'), openpgp: undefined }
const unsigned = { signers: { smime: undefined, openpgp: undefined } }
const to = (name: string, capabilities: readonly string[] = []) => ({
  certificate: testCertificate(name),
  capabilities,
  isDomain: false,
})
const ways: Ways = {
  ...noWays,
  certificates: [to('bob-rsa')],
  password: derivePdfPassword('Lampe Gurke Fenster'),
}
const render: Converter['render'] = async () => {
  const page = await PDFDocument.create()
  page.addPage()
  return { kind: 'converted', pdf: await page.save(), pages: 1, cut: false }
}

/** The whole message that Postfix sends on. */
async function protectedBy(
  protection: Protection,
  text: string | Uint8Array,
  change: Partial<Omit<ProtectionOrder, 'treatment'>> & { readonly treatment?: Partial<Treatment> } = {},
): Promise<Buffer> {
  const message = receivedMessage(text, { direction: 'outbound', receivedAt: new Date() })
  const house = {
    converter: { render },
    crypto: mailCryptoHere,
    workFolder: tmpdir(),
    organization: { name: 'Kanzlei Müller', telephone: '+49 30 5550100' },
  }
  await using workspace = openWorkspace(tmpdir(), { sizeLimit: 10e6 })
  const order = {
    signers,
    ways: [ways],
    ...change,
    treatment: treatment({
      protection,
      sign: (change.signers ?? signers).smime !== undefined,
      ...change.treatment,
    }),
  }
  return await applyEdits(
    message,
    await protect(message, order, house, workspace, AbortSignal.timeout(60_000)),
  )
}

const head = 'From: alice@kanzlei.example\nSubject: Gr=\nMessage-ID: <1@kanzlei.example>\n'
const messages: Record<string, string | Uint8Array> = {
  'plain text': `${head}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nHallo\n`,
  'a message without a type': `${head}\nHallo\n`,
  'an empty body': `${head}MIME-Version: 1.0\nContent-Type: text/plain\n\n`,
  'nothing but a header': head.trimEnd(),
  '8-bit text': Buffer.from(
    `${head}Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\nGr\xfc\xdfe\n`.replaceAll(
      '\n',
      '\r\n',
    ),
    'latin1',
  ),
  'an invitation': `${head}Content-Type: text/calendar; method=REQUEST; charset=utf-8\nContent-Class: urn:content-classes:calendarmessage\n\nBEGIN:VCALENDAR\nEND:VCALENDAR\n`,
  'text with HTML': `${head}Content-Type: multipart/alternative; boundary=b\n\n--b\n\nHallo  \n--b\nContent-Type: text/html\n\n<p>Hallo\n--b--\n`,
}

describe('a mail of ours as it leaves', () => {
  for (const [what, message] of Object.entries(messages)) {
    for (const protection of ['tls', 'none', 'pdf'] as const) {
      it(`is signed so that OpenSSL verifies it: ${what}, ${protection}`, async () => {
        using folder = temporaryFolder()
        const sent = await protectedBy(protection, message)
        expect(opensslVerifies(sent, folder.path)).toBeDefined()
        expect(sent.toString('latin1')).not.toMatch(/[^\t\r\n -~]/)
        const header = sent.toString('latin1').split('\r\n\r\n')[0] ?? ''
        expect(header.match(/^Content-Type:/gim)).toHaveLength(1)
        expect(header.match(/^MIME-Version:/gim)).toHaveLength(1)
        expect(header).not.toMatch(/^Content-(?:Class|Transfer-Encoding: 8bit)/im)
        expect(header).toContain('Subject: Gr=')
      })
    }

    it(`is signed, then encrypted for its recipient: ${what}`, async () => {
      using folder = temporaryFolder()
      const opened = opensslDecrypts(await protectedBy('smime', message), 'bob-rsa', folder.path)
      expect(opensslVerifies(opened, folder.path)).toBeDefined()
    })
  }

  it('is left alone where nothing is to be done', async () => {
    const message = messages['text with HTML'] as string
    const sent = await protectedBy('none', message, unsigned)
    expect(sent.toString()).toBe(message.replaceAll('\n', '\r\n'))
  })

  it('keeps the signature that its author made, byte for byte', async () => {
    using folder = temporaryFolder()
    const signed = await protectedBy('tls', messages['plain text'] as string)
    expect(await protectedBy('tls', signed)).toEqual(signed)
    const opened = opensslDecrypts(await protectedBy('smime', signed), 'bob-rsa', folder.path)
    expect(opensslVerifies(opened, folder.path)?.toString()).toContain('Hallo')
  })

  it('carries no permission to skip TLS and no mark of ours, in any spelling and number', async () => {
    const sent = await protectedBy(
      'tls',
      `TLS-Required: No\nX-Postsiegel-Trust: +1\nFrom: a@b.example\ntls-required: no\nX-POSTSIEGEL-Reference: x\nTLS-Required: no\nX-Tls-Required: other\nMessage-ID: <1@b.example>\n\nHallo\n`,
      unsigned,
    )
    expect(sent.toString()).toBe(
      'From: a@b.example\r\nX-Tls-Required: other\r\nMessage-ID: <1@b.example>\r\n\r\nHallo\r\n',
    )
  })

  it('is signed around the text where the policy says opaque', async () => {
    using folder = temporaryFolder()
    const sent = await protectedBy('none', `${head}\nHallo\n`, { treatment: { signatureForm: 'opaque' } })
    expect(sent.toString()).toContain('smime-type=signed-data')
    expect(opensslVerifies(sent, folder.path)?.toString()).toContain('Hallo')
  })

  it('is encrypted to every certificate of its recipient, by what they announced', async () => {
    using folder = temporaryFolder()
    const gcm = '2.16.840.1.101.3.4.1.46'
    const both = { ways: [{ ...ways, certificates: [to('bob-rsa', [gcm]), to('bob-ec', [gcm])] }] }
    const sent = await protectedBy('smime', `${head}\nHallo\n`, both)
    expect(sent.toString()).toContain('smime-type=authEnveloped-data')
    for (const name of ['bob-rsa', 'bob-ec']) {
      expect(opensslVerifies(opensslDecrypts(sent, name, folder.path), folder.path)).toBeDefined()
    }
    const cbc = await protectedBy('smime', `${head}\nHallo\n`, { ...both, treatment: { cipher: 'cbc' } })
    expect(cbc.toString()).toContain('smime-type=enveloped-data')
  })

  it('leaves without the flags of its subject, inside and outside', async () => {
    using folder = temporaryFolder()
    const flagged =
      'From: a@b.example\nX-Postsiegel: sign\nSubject: AW: [Encrypt] Thema [pdf]\nThread-Topic: [encrypt] Thema\nMessage-ID: <1@b.example>\n\nHallo\n'
    const plain = await protectedBy('none', flagged, unsigned)
    expect(plain.toString()).toBe(
      'From: a@b.example\r\nMessage-ID: <1@b.example>\r\nSubject: AW: Thema\r\nThread-Topic: Thema\r\n\r\nHallo\r\n',
    )
    const sent = await protectedBy('smime', flagged, { treatment: { headerProtection: true } })
    expect(sent.toString()).toContain('\r\nSubject: AW: Thema\r\n')
    const opened = opensslVerifies(opensslDecrypts(sent, 'bob-rsa', folder.path), folder.path)
    expect(opened?.toString()).toMatch(/^Subject: AW: Thema\r$/m)
    expect(opened?.toString()).not.toMatch(/\[(?:Encrypt|pdf)\]/i)
  })

  it('hides its subject in what OpenSSL decrypts', async () => {
    using folder = temporaryFolder()
    const letter = `${head}Thread-Topic: Gr\nTo: bob@partner.example\nContent-Type: text/plain\n\nHallo\n`
    const sent = await protectedBy('smime', letter, { treatment: { neutralSubject: true } })
    const outside = sent.toString().split('\r\n\r\n')[0] ?? ''
    expect(outside).toContain('Subject: [...]')
    expect(outside).not.toMatch(/Gr/)
    const opened = opensslVerifies(opensslDecrypts(sent, 'bob-rsa', folder.path), folder.path)
    const inside = opened?.toString().split('\r\n\r\n')[0] ?? ''
    expect(inside).toMatch(/hp="cipher"\r$/m)
    expect(opened?.toString()).toMatch(/hp-legacy-display=1(?:.*\r\n)*?\r\nSubject: Gr=3D\r\n\r\nHallo/)
    expect(inside).toMatch(/^Subject: Gr=\r$/m)
    expect(inside).toMatch(/^HP-Outer: Subject: \[\.\.\.\]\r?$/m)
  })

  it('hides the subject of a mail that its author signed, without touching that signature', async () => {
    using folder = temporaryFolder()
    const signed = await protectedBy('tls', messages['plain text'] as string)
    const sent = await protectedBy('smime', signed, { treatment: { neutralSubject: true } })
    expect(sent.toString()).toContain('Subject: [...]')
    const opened = opensslDecrypts(sent, 'bob-rsa', folder.path).toString('latin1')
    expect(opened).toMatch(
      /^Content-Type: multipart\/mixed;(?:.*\r\n)*? hp="cipher"\r\n(?:.+\r\n)*?Subject: Gr=/,
    )
    const inner = opened.slice(opened.indexOf('Content-Type: multipart/signed'))
    const end = inner.lastIndexOf('\r\n--=_')
    expect(opensslVerifies(Buffer.from(inner.slice(0, end), 'latin1'), folder.path)).toBeDefined()
  })

  it('that its author signed is put into no box for its header alone', async () => {
    using folder = temporaryFolder()
    const signed = await protectedBy('tls', messages['plain text'] as string)
    const sent = await protectedBy('smime', signed, { treatment: { headerProtection: true } })
    expect(opensslVerifies(opensslDecrypts(sent, 'bob-rsa', folder.path), folder.path)).toBeDefined()
  })

  it('has a neutral subject around a PDF', async () => {
    const sent = await protectedBy('pdf', `${head}\nHallo\n`, { treatment: { neutralSubject: true } })
    expect(sent.toString()).toContain('Subject: Vertrauliche Nachricht / Confidential message\r\n')
    expect(sent.toString()).not.toContain('Gr=')
  })

  it('signs its header where it is only signed', async () => {
    using folder = temporaryFolder()
    const sent = await protectedBy('none', `${head}\nHallo\n`, { treatment: { headerProtection: true } })
    const covered = opensslVerifies(sent, folder.path)?.toString() ?? ''
    expect(covered).toContain('hp="clear"')
    expect(covered).toMatch(/^From: alice@kanzlei\.example\r$/m)
    expect(covered).not.toContain('HP-Outer')
  })

  it('brings the OpenPGP key of its author along, public and once, where the policy says so', async () => {
    using folder = temporaryFolder()
    using gpg = startGpg(folder.path)
    const order = {
      signers: { smime: undefined, openpgp: armoredKey('carol-rsa3072', 'sec') },
      treatment: { autocrypt: true },
    }
    const letter = 'From: Carol <carol@partner.example>\nSubject: x\n\nHallo\n'
    const sent = (await protectedBy('none', letter, order)).toString()
    const [, address, keyData = ''] =
      /^Autocrypt: addr=(\S+); prefer-encrypt=mutual;\r\n keydata=((?:\r\n \S+)+)\r$/m.exec(sent) ?? []
    expect(address).toBe('carol@partner.example')
    const packets = gpg.run(['--list-packets'], Buffer.from(keyData, 'base64')).toString()
    expect(packets).toContain(':public key packet:')
    expect(packets).not.toContain('secret')
    const own = `Autocrypt: addr=x\n${letter}`
    expect((await protectedBy('none', own, order)).toString().match(/^Autocrypt:/gm)).toHaveLength(1)
    const other = letter.replace('carol@', 'dave@')
    expect((await protectedBy('none', other, order)).toString()).not.toContain('Autocrypt')
  })

  it('that its author encrypted leaves byte for byte, without flags', async () => {
    const encrypted = await protectedBy('smime', `${head}\nHallo\n`)
    const flagged = encrypted.toString('latin1').replace('Subject: Gr=', 'Subject: [encrypt] Gr=')
    const sent = await protectedBy('smime', Buffer.from(flagged, 'latin1'), {
      treatment: { byAuthor: true, sign: false },
    })
    expect(sent.toString('latin1').split('\r\n\r\n')[1]).toBe(
      encrypted.toString('latin1').split('\r\n\r\n')[1],
    )
    expect(sent.toString('latin1')).toContain('\r\nSubject: Gr=\r\n')
  })

  for (const sign of [true, false]) {
    it(`goes by OpenPGP ${sign ? 'signed' : 'unsigned'}, and GnuPG opens it with header and subject inside`, async () => {
      using folder = temporaryFolder()
      using gpg = startGpg(folder.path)
      const sent = await protectedBy('openpgp', `${head}\nHallo\n`, {
        signers: { smime: undefined, openpgp: armoredKey('carol-rsa3072', 'sec') },
        ways: [
          {
            ...noWays,
            openpgp: [{ fingerprint: '', armored: armoredKey('dave-curve25519', 'pub'), isDomain: false }],
          },
        ],
        treatment: { sign, neutralSubject: true },
      })
      expect(sent.toString()).toContain('Subject: [...]')
      const { content, good } = gpg.decrypts(bodyOfPart(sent, 'application/octet-stream'))
      expect(good).toHaveLength(sign ? 1 : 0)
      expect(content.toString()).toContain('hp="cipher"')
      expect(content.toString()).toMatch(/^Subject: Gr=\r$/m)
      expect(content.toString()).toContain('Hallo')
    })
  }

  it('waits when certificate or password are gone since it was decided', async () => {
    const gone = { ways: [noWays] }
    for (const protection of ['smime', 'openpgp', 'pdf'] as const) {
      await expect(protectedBy(protection, 'From: a@b.example\n\nx\n', gone)).rejects.toBeInstanceOf(
        TemporaryFailure,
      )
    }
  })
})
