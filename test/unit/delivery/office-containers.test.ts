import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { unzipSync, zipSync } from 'fflate'
import { describe, expect, it, test } from 'vitest'
import { builtInInbound } from '../../../src/policy/find-policy.ts'
import type { OfficeAction, OfficeRule } from '../../../src/policy/policy.ts'
import { deliveredMail, mailWith, pageAsPdf, pdf, withBasis } from '../../support/delivered-mail.ts'
import { openXml } from '../../support/office-samples.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { testKeyFile } from '../../support/test-keys.ts'
import { tnef } from '../../support/tnef.ts'

const docx = openXml('docx')
const docm = openXml('docm', { 'word/vbaProject.bin': 'x' })
const xrechnung = Buffer.from(
  '<?xml version="1.0"?>\n<!-- x --><ubl:Invoice xmlns:ubl="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"></ubl:Invoice>',
)

const rule = (files: Omit<OfficeRule, 'then'>, then: OfficeAction): OfficeRule => ({ ...files, then })

/** Flips the bit that says that a member is encrypted, everywhere. */
function encrypted(zip: Uint8Array): Buffer {
  const bytes = Buffer.from(zip)
  for (let at = 0; at + 4 < bytes.length; at++) {
    const signature = bytes.readUInt32LE(at)
    if (signature === 0x04034b50) bytes[at + 6] = 1
    if (signature === 0x02014b50) bytes[at + 8] = 1
  }
  return bytes
}

describe('an archive with Office files', () => {
  it('keeps its name and every other member, gets PDFs, and is held whole', async () => {
    const archive = zipSync({
      'brief.docx': docx,
      'bild.png': Buffer.from('\x89PNG\r\n not touched'),
      'ordner/makro.docm': docm,
      'ordner/rechnung.xml': xrechnung,
    })
    const { leaves, names, held, notice, invoices, office } = await deliveredMail(
      mailWith({ name: 'akten.zip', content: archive }),
    )
    expect(names).toEqual(['text/plain', 'text/plain', 'akten.zip'])
    const members = unzipSync(leaves[2]?.bytes ?? Buffer.alloc(0))
    expect(Object.keys(members).sort()).toEqual([
      'bild.png',
      'brief.pdf',
      'ordner/makro.pdf',
      'ordner/rechnung.xml',
    ])
    expect(Buffer.from(members['brief.pdf'] ?? [])).toEqual(pdf)
    expect(Buffer.from(members['ordner/rechnung.xml'] ?? [])).toEqual(xrechnung)
    expect(members['bild.png']).toEqual(new Uint8Array(Buffer.from('\x89PNG\r\n not touched')))
    expect(held).toMatchObject([{ fileName: 'akten.zip', path: [1] }])
    expect(held[0]?.bytes).toEqual(Buffer.from(archive))
    expect(notice).toContain('„brief.docx“')
    expect(notice).toContain('„ordner_makro.docm“')
    expect(notice).toContain('Makros')
    expect(invoices).toBe('ordner_rechnung.xml (UBL invoice)')
    expect(office).toEqual(['2 docx converted, original held'])
  })

  it('in an archive is treated the same, three levels deep', async () => {
    const inner = zipSync({ 'a.docx': docx })
    const archive = zipSync({
      'b.zip': zipSync({ 'c.zip': zipSync({ 'd.zip': inner }) }),
      'x.txt': Buffer.from('x'),
    })
    const { leaves, held } = await deliveredMail(mailWith({ name: 'a.zip', content: archive }))
    let bytes: Uint8Array = leaves[2]?.bytes ?? Buffer.alloc(0)
    for (const name of ['b.zip', 'c.zip', 'd.zip']) bytes = unzipSync(bytes)[name] ?? Buffer.alloc(0)
    expect(Object.keys(unzipSync(bytes))).toEqual(['a.pdf'])
    expect(held).toHaveLength(1)
  })

  it('that is nested deeper is held unseen', async () => {
    let archive = zipSync({ 'a.docx': docx })
    for (let level = 0; level < 8; level++) archive = zipSync({ 'n.zip': archive, 'x.txt': Buffer.from('x') })
    const { held, notice } = await deliveredMail(mailWith({ name: 'a.zip', content: archive }))
    expect(held).toHaveLength(1)
    expect(notice).toContain('kann nicht durchgesehen werden')
  })

  it('that is encrypted is held as it is, and the notice says why', async () => {
    const archive = encrypted(zipSync({ 'gehalt.xlsx': docx, 'x.txt': Buffer.from('x') }))
    const { names, held, notice } = await deliveredMail(mailWith({ name: 'a.zip', content: archive }))
    expect(names).toEqual(['text/plain', 'text/plain'])
    expect(held[0]?.bytes).toEqual(archive)
    expect(notice).toContain('Passwort')
  })

  it('with another member that is encrypted is held, and the PDF lies beside', async () => {
    const archive = Buffer.from(zipSync({ 'a.docx': docx, 'geheim.bin': Buffer.from('x') }))
    const listed = archive.lastIndexOf('PK\x01\x02', undefined, 'latin1')
    archive[archive.indexOf('geheim.bin') - 30 + 6] = 1
    archive[listed + 8] = 1
    const { names, held } = await deliveredMail(mailWith({ name: 'a.zip', content: archive }))
    expect(names).toEqual(['text/plain', 'text/plain', 'a.pdf'])
    expect(held).toHaveLength(1)
  })

  it('that is encrypted and names none passes', async () => {
    const archive = encrypted(zipSync({ 'bild.png': Buffer.from('x') }))
    expect((await deliveredMail(mailWith({ name: 'a.zip', content: archive }))).untouched).toBe(true)
  })

  it('with members of one name keeps two', async () => {
    const archive = zipSync({ 'a.docx': docx, 'a.pdf': Buffer.from('another'), 'a.xlsx': openXml('xlsx') })
    const { leaves } = await deliveredMail(mailWith({ name: 'a.zip', content: archive }))
    expect(Object.keys(unzipSync(leaves[2]?.bytes ?? Buffer.alloc(0))).sort()).toEqual([
      'a (2).pdf',
      'a (3).pdf',
      'a.pdf',
    ])
  })

  it('whose names try to leave the folder keeps them as names only', async () => {
    const archive = zipSync({ '../../etc/x.docx': docx, 'C:\\con.docx': docx })
    const { leaves, notice } = await deliveredMail(mailWith({ name: '../../a.zip', content: archive }))
    expect(leaves[2]?.name).toBe('.._.._a.zip')
    expect(Object.keys(unzipSync(leaves[2]?.bytes ?? Buffer.alloc(0)))).toHaveLength(2)
    expect(notice).not.toMatch(/[/\\]etc/)
  })

  it('is read by another program without a complaint', async () => {
    const archive = zipSync({ 'ü.docx': docx, 'x/y.txt': Buffer.from('x'.repeat(1000)) })
    const { leaves } = await deliveredMail(mailWith({ name: 'a.zip', content: archive }))
    using folder = temporaryFolder()
    const file = join(folder.path, 'a.zip')
    writeFileSync(file, leaves[2]?.bytes ?? '')
    const judge =
      'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); print(z.testzip(), sorted(z.namelist()))'
    expect(execFileSync('python3', ['-c', judge, file], { encoding: 'utf8' }).trim()).toBe(
      "None ['x/y.txt', 'ü.pdf']",
    )
  })

  it('says of a bomb inside that it is too large, and unpacks nothing of it', async () => {
    const archive = zipSync({ 'b.docx': new Uint8Array(200e6), 'x.txt': Buffer.from('x') }, { level: 9 })
    const { held, notice } = await deliveredMail(mailWith({ name: 'a.zip', content: archive }))
    expect(held).toHaveLength(1)
    expect(notice).toContain('zu groß')
  })

  it('of more members than anybody looks at is held unseen', async () => {
    const names = Array.from({ length: 10_001 }, (_, index) => [`${index}`, new Uint8Array(1)] as const)
    const { held } = await deliveredMail(
      mailWith({ name: 'a.zip', content: zipSync(Object.fromEntries(names)) }),
    )
    expect(held).toHaveLength(1)
  })

  it('loses a file that cannot be converted, and the notice says so', async () => {
    const archive = zipSync({ 'a.docx': docx, 'x.txt': Buffer.from('x') })
    const { leaves, notice, office } = await deliveredMail(mailWith({ name: 'a.zip', content: archive }), {
      convert: async () => ({ kind: 'failed', reason: 'password' }),
    })
    expect(Object.keys(unzipSync(leaves[2]?.bytes ?? Buffer.alloc(0)))).toEqual(['x.txt'])
    expect(notice).toContain('mit einem Passwort geschützt')
    expect(office).toEqual(['1 docx held without PDF (password)'])
  })
})

describe('TNEF', () => {
  it('becomes its text and its files, Office files as PDF, each original held by itself', async () => {
    const stream = tnef(
      [
        { name: 'Übersicht.docx', content: docx },
        { name: 'bild.png', content: Buffer.from('\x89PNG\r\n') },
      ],
      'Sehr geehrte Frau Weber',
    )
    const { names, leaves, held } = await deliveredMail(
      mailWith({ name: 'winmail.dat', content: stream, type: 'application/ms-tnef' }),
    )
    expect(names).toEqual(['text/plain', 'text/plain', 'text/plain', 'Übersicht.pdf', 'bild.png'])
    expect(leaves[2]?.bytes.toString()).toContain('Sehr geehrte Frau Weber')
    expect(held).toMatchObject([{ fileName: 'Übersicht.docx', path: [1, 1] }])
    expect(held[0]?.bytes).toEqual(Buffer.from(docx))
  })

  it('without Office files stays as it is', async () => {
    const stream = tnef([{ name: 'bild.png', content: Buffer.from('\x89PNG\r\n') }], 'Hallo')
    expect((await deliveredMail(mailWith({ name: 'winmail.dat', content: stream }))).untouched).toBe(true)
  })
})

describe('an opaque signature', () => {
  const sign = (content: Buffer, more: readonly string[] = []) => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'content')
    writeFileSync(file, content)
    return execFileSync('openssl', [
      ...['cms', '-sign', '-nodetach', '-binary', '-outform', 'DER', '-in', file],
      ...['-signer', testKeyFile('alice-rsa.cert.pem'), '-inkey', testKeyFile('alice-rsa.key.pem'), ...more],
    ])
  }
  const inner = Buffer.from(
    mailWith({ name: 'a.docx', content: docx }).toString('latin1').replaceAll('outer', 'inner'),
    'latin1',
  )
  const wrapped = (content: Buffer) =>
    mailWith({ name: 'smime.p7m', content, type: 'application/pkcs7-mime; smime-type=signed-data' })

  for (const [what, more] of [
    ['in DER', []],
    ['in BER of indefinite length', ['-stream']],
  ] as const) {
    it(`${what} is opened: its content is shown, the signed original held`, async () => {
      const signed = sign(inner, more)
      const { names, held, notice } = await deliveredMail(wrapped(signed))
      expect(names).toEqual(['text/plain', 'text/plain', 'text/plain', 'a.pdf'])
      expect(held).toMatchObject([{ fileName: 'smime.p7m' }])
      expect(held[0]?.bytes).toEqual(signed)
      expect(notice).toContain('Die Unterschrift des Absenders wurde dabei entfernt')
    })
  }

  it('stays where the policy leaves signed mail', async () => {
    const policies = [{ ...withBasis, signedMail: 'leave' as const }]
    expect((await deliveredMail(wrapped(sign(inner)), { policies })).untouched).toBe(true)
  })

  it('whose content would end the parts around it is held unopened', async () => {
    const forged = Buffer.from(
      inner
        .toString('latin1')
        .replaceAll('outer', 'other')
        .replace('Guten Tag.', '--outer\r\nContent-Type: text/html\r\n\r\nx'),
      'latin1',
    )
    const { names, held } = await deliveredMail(wrapped(sign(forged)))
    expect(names).toEqual(['text/plain', 'text/plain'])
    expect(held).toHaveLength(1)
  })
})

describe('a message in a file', () => {
  it('in an archive is rewritten, and its other parts keep their bytes', async () => {
    const archive = zipSync({ 'weiter.eml': mailWith({ name: 'a.docx', content: docx }) })
    const { leaves } = await deliveredMail(mailWith({ name: 'a.zip', content: archive }))
    const message = Buffer.from(unzipSync(leaves[2]?.bytes ?? Buffer.alloc(0))['weiter.eml'] ?? []).toString()
    expect(message).toContain('Guten Tag.')
    expect(message).toContain('a.pdf')
    expect(message).not.toContain('a.docx')
  })
})

describe('what a policy says', () => {
  const mail = mailWith({ name: 'a.docx', content: docx }, { name: 'b.docm', content: docm })

  it('without a recorded basis withholds nothing and puts the PDF beside the original', async () => {
    const { names, held, leaves, notice } = await deliveredMail(mail, { policies: [builtInInbound] })
    expect(names).toEqual(['text/plain', 'text/plain', 'a.docx', 'a.pdf', 'text/plain', 'b.docm', 'b.pdf'])
    expect(leaves[2]?.bytes).toEqual(Buffer.from(docx))
    expect(held).toEqual([])
    expect(notice).not.toContain('zurückgehalten')
  })

  it('without a basis of one recipient withholds nothing from any, since there is one body', async () => {
    const { held, names } = await deliveredMail(mail, { policies: [withBasis, builtInInbound] })
    expect(held).toEqual([])
    expect(names).toContain('a.docx')
  })

  it('is a rule for some files, and `office` for the others', async () => {
    const policies = [
      { ...withBasis, office: 'pass' as const, officeRules: [rule({ macros: true }, 'hold')] },
    ]
    const { names, held, office } = await deliveredMail(mail, { policies })
    expect(names).toEqual(['text/plain', 'a.docx', 'text/plain'])
    expect(held).toMatchObject([{ fileName: 'b.docm' }])
    expect(office).toEqual(['1 docx held'])
  })

  it('passes by trust', async () => {
    const policies = [{ ...withBasis, officeRules: [rule({ trustFrom: 40 }, 'pass')] }]
    expect((await deliveredMail(mail, { policies, score: 40 })).untouched).toBe(true)
    expect((await deliveredMail(mail, { policies, score: 39 })).untouched).toBe(false)
  })
})

describe('invoices', () => {
  it('are listed and keep every byte, in a mail with Office files, too', async () => {
    const { invoices, leaves } = await deliveredMail(
      mailWith({ name: 'rechnung.xml', content: xrechnung }, { name: 'a.docx', content: docx }),
    )
    expect(invoices).toBe('rechnung.xml (UBL invoice)')
    expect(leaves[1]?.bytes).toEqual(xrechnung)
  })

  it('alone leave the mail as it came', async () => {
    const { untouched, invoices } = await deliveredMail(mailWith({ name: 'r.xml', content: xrechnung }))
    expect(untouched).toBe(true)
    expect(invoices).toBe('r.xml (UBL invoice)')
  })
})

test('A web page under an Office name goes the way of HTML, which fetches nothing', async () => {
  const page = Buffer.from('<html><img src="http://evil.example/x"><p>Rechnung Müller</p></html>')
  const { leaves, notice } = await deliveredMail(mailWith({ name: 'a.doc', content: page }))
  expect(leaves[2]?.bytes).toEqual(pageAsPdf)
  expect(notice).toContain('lädt beim Öffnen Inhalte von anderen Stellen nach')
})

test('a real winmail.dat of Outlook becomes its parts', async ({ skip }) => {
  const file = resolve(import.meta.dirname, '../../../../shared/testdata/office/quick-winmail.dat')
  if (!existsSync(file)) return skip('the set of Office files is not here')
  const content = readFileSync(file)
  const { names, held } = await deliveredMail(mailWith({ name: 'winmail.dat', content }))
  expect(names).toContain('quick.pdf')
  expect(held.map(({ fileName }) => fileName)).toContain('quick.doc')
})
