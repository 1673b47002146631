import { tmpdir } from 'node:os'
import { PDFDocument } from 'pdf-lib'
import { describe, expect, it } from 'vitest'
import type { Converter } from '../../src/converter/converter.ts'
import type { Protection, Treatment } from '../../src/decision/outcome.ts'
import { type ProtectionOrder, protect } from '../../src/delivery/protect.ts'
import { TemporaryFailure } from '../../src/failure.ts'
import type { Ways } from '../../src/keys/find-ways.ts'
import { derivePdfPassword } from '../../src/protection/pdf/derive.ts'
import { openWorkspace } from '../../src/storage/spool.ts'
import { applyEdits } from '../support/apply-edits.ts'
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
  const message = receivedMessage(text, { direction: 'outbound' })
  const house = {
    converter: { render },
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

const head = 'From: alice@kanzlei.example\nSubject: Gr=\n'
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
      `TLS-Required: No\nX-Postsiegel-Trust: +1\nFrom: a@b.example\ntls-required: no\nX-POSTSIEGEL-Reference: x\nTLS-Required: no\nX-Tls-Required: other\n\nHallo\n`,
      unsigned,
    )
    expect(sent.toString()).toBe('From: a@b.example\r\nX-Tls-Required: other\r\n\r\nHallo\r\n')
  })

  it('waits when certificate or password are gone since it was decided', async () => {
    const gone = { ways: [noWays] }
    for (const protection of ['smime', 'openpgp', 'pdf'] as const) {
      await expect(protectedBy(protection, 'From: a@b.example\n\nx\n', gone)).rejects.toBeInstanceOf(
        TemporaryFailure,
      )
    }
  })
})
