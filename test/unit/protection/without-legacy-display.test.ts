import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { entityOf, partBytes } from '../../../src/message/build-part.ts'
import { decodedBytes } from '../../../src/message/decode-body.ts'
import { firstValue } from '../../../src/message/header.ts'
import type { MimePart } from '../../../src/message/mime-part.ts'
import { withLegacyDisplay } from '../../../src/protection/legacy-display.ts'
import { openMessage } from '../../../src/protection/open-message.ts'
import { openWorkspace } from '../../../src/storage/spool.ts'
import { fakeOpeners, sealed } from '../../support/fake-openers.ts'
import { receivedMessage } from '../../support/received-message.ts'

const from = 'From: Ann <ann@partner.example>'
const outer = `${from}\nTo: bob@kanzlei.example\nSubject: [...]\nMIME-Version: 1.0\n`
const inner = `${from}\nSubject: Vertrag\n`

/** The subject and the texts that a reader is shown. */
async function shown(content: string, openers = fakeOpeners()) {
  await using workspace = openWorkspace(tmpdir(), { sizeLimit: 20e6 })
  const signal = new AbortController().signal
  const { message } = await openMessage(receivedMessage(`${outer}${content}`), openers, workspace, signal)
  const texts = async (part: MimePart): Promise<readonly string[]> =>
    part.children.length > 0
      ? (await Promise.all(part.children.map(texts))).flat()
      : [
          Buffer.from(await decodedBytes(message.source, part, 2000))
            .toString()
            .trim(),
        ]
  return [firstValue(message.fields, 'Subject'), ...(await texts(message.tree.root))]
}
const plain = (text: string, mark = '; hp-legacy-display=1') =>
  `${inner}Content-Type: text/plain; charset=utf-8; hp="cipher"${mark}\n\n${text}`
const div = (text: string) => `<div class="header-protection-legacy-display"><pre>${text}</pre></div>`
const html = (text: string) =>
  `${inner}Content-Type: text/html; charset=utf-8; hp="cipher"; hp-legacy-display=1\n\n${text}`
const signed = (content: string) =>
  `Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=s\n\n--s\n${content}\n--s\nContent-Type: application/pkcs7-signature\n\nvalid\n--s--\n`

describe('the copy of a hidden subject in the text', () => {
  for (const [what, content, text] of [
    ['is left out', plain('Subject: Vertrag\n\nHallo.\n'), 'Hallo.'],
    ['is left out with all its fields', plain('Subject: Ver\n trag\nTo: bob\n\nHallo.\n'), 'Hallo.'],
    [
      'is left out of HTML',
      html(`<html><body>${div('Subject: Vertrag')}<p>Hallo</p></body></html>`),
      '<html><body><p>Hallo</p></body></html>',
    ],
    [
      'stays where the text does not call it one',
      plain('Subject: Vertrag\n\nHallo.\n', ''),
      'Subject: Vertrag\r\n\r\nHallo.',
    ],
    [
      'is none if the text does not begin like a header',
      plain('Hallo Bob,\n\nwie geht es?\n'),
      'Hallo Bob,\r\n\r\nwie geht es?',
    ],
    ['is none without a blank line', plain('Subject: Vertrag\nHallo.\n'), 'Subject: Vertrag\r\nHallo.'],
    ['is none with more than text in it', html(div('<img src=x>')), div('<img src=x>')],
  ] as const) {
    it(what, async () => {
      expect(await shown(sealed('gcm', content))).toEqual(['Vertrag', text])
    })
  }

  it('stays below a signature that the reader’s program checks', async () => {
    const content = signed(plain('Subject: Vertrag\n\nHallo.\n'))
    const [subject, text] = await shown(sealed('gcm', content))
    expect([subject, text]).toEqual(['Vertrag', 'Subject: Vertrag\r\n\r\nHallo.'])
  })

  it('stays where the true subject is not shown', async () => {
    const [, text] = await shown(plain('Subject: Vertrag\n\nHallo.\n').replace(inner, ''))
    expect(text).toBe('Subject: Vertrag\r\n\r\nHallo.')
  })

  it('that we wrote ourselves is what is left out, of both forms of a text', async () => {
    await using workspace = openWorkspace(tmpdir(), { sizeLimit: 20e6 })
    const mail = receivedMessage(
      'Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain\n\nHallo\n--a\nContent-Type: text/html\n\n<body>Hallo</body>\n--a--\n',
    )
    const entity = entityOf(mail.fields, mail.source, mail.bodyStart)
    const source = partBytes(await withLegacyDisplay(entity, 'Vertrag', workspace))
    const written = Buffer.from(source.read(0, source.size)).toString('latin1')
    const marked = written.replace('multipart/alternative;', 'multipart/alternative; hp="cipher";')
    expect(await shown(sealed('gcm', `${inner.replaceAll('\n', '\r\n')}${marked}`))).toEqual([
      'Vertrag',
      'Hallo',
      '<body>Hallo</body>',
    ])
  })
})
