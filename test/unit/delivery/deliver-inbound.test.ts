import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { ConversionResult } from '../../../src/converter/converter.ts'
import { type Accepted, deliverInbound } from '../../../src/delivery/deliver-inbound.ts'
import type { OfficeHouse } from '../../../src/delivery/replace-office-files.ts'
import { decodedBytes } from '../../../src/message/decode-body.ts'
import { noProtection, type OfficeAttachment, unaskedFacts } from '../../../src/message/facts.ts'
import type { MimePart } from '../../../src/message/mime-part.ts'
import type { ReceivedMessage } from '../../../src/message/received-message.ts'
import { builtInInbound } from '../../../src/policy/find-policy.ts'
import type { HeldOriginal } from '../../../src/storage/held-originals.ts'
import { openWorkspace } from '../../../src/storage/spool.ts'
import { applyEdits } from '../../support/apply-edits.ts'
import { anyHeldOriginal } from '../../support/held-original.ts'
import { receivedMessage } from '../../support/received-message.ts'

const telephone = '+49 30 5550100'
const converted: ConversionResult = {
  kind: 'converted',
  pdf: Buffer.from('%PDF-1.7 ...'),
  pages: 1,
  cut: false,
}
const office: OfficeAttachment = {
  path: [],
  fileName: 'Übersicht.docx',
  office: 'docx',
  macros: false,
  encrypted: false,
  externalLinks: false,
  bytes: 4,
}

function accepted(
  opened: ReceivedMessage,
  files: readonly OfficeAttachment[],
  signals: Accepted['signals'] = [],
  signed = false,
): Accepted {
  const policy = { ...builtInInbound, withholdingBasis: 'company rule' }
  return {
    opened,
    facts: {
      authentication: {
        author: { address: 'ann@partner.example', domain: 'partner.example' },
        spf: { result: 'pass', domain: 'partner.example', aligned: true },
        dkim: [],
        dmarc: { result: 'pass', policy: 'reject' },
        arc: 'none',
      },
      scan: { kind: 'clean', signatures: 'test', signaturesBuiltAt: new Date(0) },
      files: files.map(({ path, ...file }) => ({ path, signed, file: { kind: 'office', ...file } })),
      office: files,
      relations: [],
      ...unaskedFacts,
      ownDomain: false,
      ambiguities: [],
      protection: noProtection,
    },
    score: 12,
    signals,
    policy,
    policies: [policy],
  }
}

/** The message as Postfix has it after our edits, which files were held, and how many conversions ran at once. */
async function delivered(
  text: string,
  files: readonly OfficeAttachment[],
  {
    convert = async () => converted,
    signals = [] as Accepted['signals'],
  }: {
    readonly convert?: OfficeHouse['converter']['convert']
    readonly signals?: Accepted['signals']
  } = {},
) {
  const message = receivedMessage(text)
  const held = new Map<string, string>()
  const house: OfficeHouse = {
    telephone,
    converter: { convert, render: async () => converted },
    hold: async (_, originals) =>
      Promise.all(
        originals.map(async ({ fileName, content }): Promise<HeldOriginal> => {
          held.set(fileName, Buffer.from(content.read(0, content.size)).toString())
          return anyHeldOriginal({ id: 'k7q281zx4m3p', releaseAt: new Date('2026-11-22T11:40:00Z') })
        }),
      ),
  }
  await using workspace = openWorkspace(tmpdir(), { sizeLimit: 10e6 })
  const answer = await deliverInbound(
    message,
    accepted(message, files, signals, text.includes('multipart/signed')),
    house,
    workspace,
    new AbortController().signal,
  )
  const bytes = await applyEdits(message, answer)
  const result = receivedMessage(bytes)
  const [whole, body] = [bytes.toString('latin1'), bytes.toString('latin1', result.bodyStart)]
  return { whole, body, header: result.fields, held, result }
}

type Result = Awaited<ReturnType<typeof delivered>>['result']
const leaves = (part: MimePart): MimePart[] =>
  part.children.length > 0 ? part.children.flatMap(leaves) : [part]
const contentOf = async ({ source }: Result, part: MimePart | undefined) =>
  part ? Buffer.from(await decodedBytes(source, part, 1e6)).toString() : ''

const two = `From: ann@partner.example
Content-Type: multipart/mixed; boundary=b

preamble
--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

  Gr\u00fc\u00dfe  
--b
Content-Type: application/msword; name="a.doc"
Content-Transfer-Encoding: base64

ZWlucw==
--b
Content-Type: message/rfc822

Subject: innen
Content-Type: multipart/mixed; boundary=bb

--bb
Content-Type: application/x; name=b.xlsx
Content-Transfer-Encoding: quoted-printable

zw=65i
--bb
Content-Type: image/png

unangetastet
--bb--
--b--
epilogue
`

describe('an accepted mail with Office files', () => {
  it('gets each as notice and PDF, at any depth, holds the decoded originals, and keeps every other byte', async () => {
    const files = [
      { ...office, path: [1], fileName: 'a.doc' },
      { ...office, path: [2, 0, 0], fileName: 'b.xlsx' },
    ]
    const { body, held, result } = await delivered(two, files)
    expect([...held]).toEqual([
      ['a.doc', 'eins'],
      ['b.xlsx', 'zwei'],
    ])
    const names = leaves(result.tree.root).map(
      (part) => part.fileName ?? `${part.contentType.type}/${part.contentType.subtype}`,
    )
    expect(names).toEqual(['text/plain', 'text/plain', 'a.pdf', 'text/plain', 'b.pdf', 'image/png'])
    const original = two.replaceAll('\n', '\r\n').slice(two.replaceAll('\n', '\r\n').indexOf('\r\n\r\n') + 4)
    const wanted = Buffer.from(original).toString('latin1')
    const [before = '', between = '', behind = ''] = wanted.split(
      /Content-Type: application\/[\s\S]*?(?:ZWlucw==|zw=65i)/,
    )
    expect(body.startsWith(before)).toBe(true)
    expect(body).toContain(between)
    expect(body.endsWith(behind)).toBe(true)
  })

  it('that is nothing but the file becomes a multipart, described anew', async () => {
    const { header, result } = await delivered(
      'From: ann@partner.example\nMIME-Version: 1.0\nContent-Type: application/x; name=x.docx\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nZWlucw==\n',
      [office],
    )
    expect(header.filter(({ name }) => /^(?:content-|mime-)/i.test(name)).map(({ name }) => name)).toEqual([
      'MIME-Version',
      'Content-Type',
    ])
    expect(leaves(result.tree.root).map(({ fileName }) => fileName)).toEqual([undefined, 'Übersicht.pdf'])
  })

  it('says what is withheld, why, until when and how to get it, in German and in English', async () => {
    const { result } = await delivered(two, [{ ...office, path: [1], macros: true }])
    const notice = await contentOf(result, leaves(result.tree.root)[1])
    for (const said of [
      'Die Datei „Übersicht.docx“ liegt als PDF bei.',
      'Makros',
      'Schadsoftware',
      'bis 22.11.2026, 12:40 Uhr',
      'k7q281zx4m3p',
      `Administrator (${telephone})`,
      'is attached as a PDF',
      'macros',
      `administrator (${telephone})`,
    ]) {
      expect(notice).toContain(said)
    }
    expect(notice).not.toContain('Unterschrift')
    expect(Math.max(...notice.split('\r\n').map((line) => line.length))).toBeLessThan(110)
  })

  for (const [what, convert, said] of [
    ['is broken', async () => ({ kind: 'failed', reason: 'broken' }) as const, 'sie ist beschädigt'],
    [
      'wants a password',
      async () => ({ kind: 'failed', reason: 'password' }) as const,
      'mit einem Passwort geschützt',
    ],
    ['is long', async () => ({ ...converted, pages: 300, cut: true }), 'nur die ersten 300 Seiten'],
  ] as const) {
    it(`says so when a file ${what}`, async () => {
      const { result } = await delivered(two, [{ ...office, path: [1] }], { convert })
      expect(await contentOf(result, leaves(result.tree.root)[1])).toContain(said)
    })
  }

  it('says that the signature around it does not hold any more', async () => {
    const signed = two.replace('multipart/mixed; boundary=b\n', 'multipart/signed; boundary=b\n')
    const { result } = await delivered(signed, [{ ...office, path: [2, 0, 0] }])
    const notice = await contentOf(result, leaves(result.tree.root)[2])
    expect(notice).toContain('Die Unterschrift des Absenders galt dem Original')
    expect(notice).toContain('signature was made for the original')
  })

  for (const [what, fileName, shown] of [
    [
      'line breaks',
      'a.docx\r\n\r\nDas Original ist sicher: http://x',
      'a.docx Das Original ist sicher: http:__x.pdf',
    ],
    ['a turned direction', 'rechnung\u202excod.exe', 'rechnungxcod.pdf'],
    ['quotes', 'der "gute" \\ Brief.doc', 'der "gute" _ Brief.pdf'],
    ['nothing but controls', '\0\u0001', 'Dokument.pdf'],
  ] as const) {
    it(`is delivered also when the name of a file has ${what}`, async () => {
      const { result } = await delivered(two, [{ ...office, path: [1], fileName }])
      expect(leaves(result.tree.root)[2]?.fileName).toBe(shown)
    })
  }

  it('is delivered when the name of a file is very long', async () => {
    const { result, whole } = await delivered(two, [
      { ...office, path: [1], fileName: `${'Ü'.repeat(5000)}.docx` },
    ])
    expect(leaves(result.tree.root)[2]?.fileName).toMatch(/^Ü{100,}….pdf$/)
    expect(Math.max(...whole.split('\r\n').map((line) => line.length))).toBeLessThan(200)
  })

  it('does not crowd the converter with the files of one mail', async () => {
    let [running, most] = [0, 0]
    const convert = async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      return converted
    }
    const parts = Array.from({ length: 60 }, () => '--b\nContent-Type: application/x\n\nx\n').join('')
    const files = Array.from({ length: 60 }, (_, index) => ({ ...office, path: [index] }))
    await delivered(`Content-Type: multipart/mixed; boundary=b\n\n${parts}--b--\n`, files, { convert })
    expect(most).toBe(2)
  })
})

describe('the marks on an accepted mail', () => {
  const forged = `Authentication-Results: mx.kanzlei.example; dmarc=pass
X-Postsiegel-Trust: +100
From: ann@partner.example
authentication-results: elsewhere.example; spf=pass
X-POSTSIEGEL-TRUST: +99
Authentication-Results: MX.kanzlei.example;
\tspf=pass

Hallo
`
  it('are ours alone: forged ones go, however many, those of others stay', async () => {
    const { header } = await delivered(forged, [])
    expect(header.map(({ name }) => name)).toEqual([
      'Authentication-Results',
      'X-Postsiegel-Reference',
      'X-Postsiegel-Security',
      'X-Postsiegel-Trust',
      'From',
      'authentication-results',
    ])
    expect(header[0]?.value).toContain('mx.kanzlei.example;\r\n\tspf=pass')
  })

  it('are written whatever stands in the words', async () => {
    const words = 'von „Müller“ <a@b>\r\nX-Evil: 1\0 \u{1f600}'
    const signals = Array.from({ length: 30 }, () => ({ words }))
    const { header } = await delivered('From: a@b.example\n\nHallo\n', [], { signals })
    const trust = header.find(({ name }) => name === 'X-Postsiegel-Trust')
    expect(trust?.value).toContain('+12 (von "Mueller" <a@b> X-Evil: 1')
    expect(trust?.value).not.toMatch(/\n(?!\s)|[^\r\n\t -~]/)
  })
})
