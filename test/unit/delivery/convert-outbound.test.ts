import { tmpdir } from 'node:os'
import { zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import type { ConversionResult } from '../../../src/converter/converter.ts'
import { convertOutbound } from '../../../src/delivery/convert-outbound.ts'
import { protect } from '../../../src/delivery/protect.ts'
import { MailFailure } from '../../../src/failure.ts'
import { decodedBytes } from '../../../src/message/decode-body.ts'
import type { MimePart } from '../../../src/message/mime-part.ts'
import { openWorkspace } from '../../../src/storage/spool.ts'
import { mailWith, pdf } from '../../support/delivered-mail.ts'
import { openXml } from '../../support/office-samples.ts'
import { treatment } from '../../support/outbound.ts'
import { receivedMessage } from '../../support/received-message.ts'

const never = new AbortController().signal
const converted: ConversionResult = { kind: 'converted', pdf, pages: 1, cut: false }
const docx = openXml('docx')

async function convert(
  mail: Buffer,
  result: ConversionResult = converted,
  office: 'convert' | 'refuse' = 'convert',
) {
  await using workspace = openWorkspace(tmpdir(), { sizeLimit: 10e6 })
  const converter = { convert: async () => result, render: async () => result }
  const message = await convertOutbound(receivedMessage(mail), office, converter, workspace, never)
  if (!message) return undefined
  const leaves = async (part: MimePart): Promise<string[]> => {
    if (part.children.length > 0) return (await Promise.all(part.children.map(leaves))).flat()
    const bytes = Buffer.from(await decodedBytes(message.source, part, 1e6)).toString('latin1')
    return [`${part.fileName ?? part.contentType.subtype}: ${bytes.slice(0, 12).trim()}`]
  }
  const house = { organization: { name: '' } } as unknown as Parameters<typeof protect>[2]
  const signers = { smime: undefined, openpgp: undefined }
  const order = { treatment: treatment(), signers, ways: [], converted: message }
  const answer = await protect(receivedMessage(mail), order, house, workspace, never)
  const pieces: Uint8Array[] = []
  if (answer.kind === 'accept' && answer.body)
    for await (const piece of answer.body) pieces.push(Uint8Array.from(piece))
  return { leaves: await leaves(message.tree.root), sent: Buffer.concat(pieces).toString('latin1') }
}

describe('our own mail with Office files, where the policy says', () => {
  it('convert, goes out with PDFs and without a word about it', async () => {
    const out = await convert(mailWith({ name: 'a.docx', content: docx }))
    expect(out?.leaves).toEqual(['plain: Guten Tag.', 'a.pdf: %PDF-1.7 mad'])
    expect(out?.sent).toContain('a.pdf')
    expect(out?.sent).not.toContain('a.docx')
  })

  it('convert, also when it is nothing but the file', async () => {
    const mail = Buffer.from(
      `From: bob@kanzlei.example\r\nContent-Type: application/octet-stream; name=a.docx\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(docx).toString('base64')}\r\n`,
    )
    const out = await convert(mail)
    expect(out?.leaves).toEqual(['a.pdf: %PDF-1.7 mad'])
    expect(out?.sent).toContain('a.pdf')
  })

  it('convert, and has none, is left alone', async () => {
    expect(await convert(mailWith({ name: 'a.png', content: Buffer.from('\x89PNG') }))).toBeUndefined()
  })

  for (const [what, mail, result, office, reply] of [
    ['refuse, comes back', mailWith({ name: 'a.docx', content: docx }), converted, 'refuse', '5.7.1'],
    [
      'convert, comes back when no PDF can be made',
      mailWith({ name: 'a.zip', content: zipSync({ 'a.docx': docx }) }),
      { kind: 'failed', reason: 'password' },
      'convert',
      '5.7.1',
    ],
    [
      'convert, waits while the converter is down',
      mailWith({ name: 'a.docx', content: docx }),
      { kind: 'failed', reason: 'unavailable' },
      'convert',
      '4.3.0',
    ],
  ] as const) {
    it(what, async () => {
      const failure = await convert(mail, result, office).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(MailFailure)
      if (failure instanceof MailFailure) expect(`${failure.replyClass}.${failure.status}`).toBe(reply)
    })
  }
})
