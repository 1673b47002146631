import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { entityOf, partBytes } from '../../../src/message/build-part.ts'
import { decodedBytes } from '../../../src/message/decode-body.ts'
import type { MimePart } from '../../../src/message/mime-part.ts'
import { readMessage } from '../../../src/message/read-message.ts'
import { withLegacyDisplay } from '../../../src/protection/legacy-display.ts'
import { openWorkspace } from '../../../src/storage/spool.ts'
import { receivedMessage } from '../../support/received-message.ts'

const subject = 'Kündigung <b>'

/** Each leaf as `type parameter: text`. */
async function shown(content: string | Uint8Array): Promise<readonly string[]> {
  await using workspace = openWorkspace(tmpdir(), { sizeLimit: 20e6 })
  const message = receivedMessage(content)
  const entity = entityOf(message.fields, message.source, message.bodyStart)
  const { source, tree } = await readMessage(partBytes(await withLegacyDisplay(entity, subject, workspace)))
  const leaves = async (part: MimePart): Promise<readonly string[]> => {
    if (part.children.length > 0) return (await Promise.all(part.children.map(leaves))).flat()
    const text = Buffer.from(await decodedBytes(source, part, 1000)).toString()
    const mark = part.contentType.parameters.get('hp-legacy-display') ?? '-'
    return [`${part.contentType.subtype} ${mark}: ${text.trim()}`]
  }
  return leaves(tree.root)
}

const html = (text: string) =>
  `<div class="header-protection-legacy-display"><pre>Subject: Kündigung &lt;b&gt;</pre></div>${text}`

describe('a hidden subject', () => {
  for (const [what, message, leaves] of [
    [
      'stands above a text',
      'Content-Type: text/plain\n\nHallo\n',
      ['plain 1: Subject: Kündigung <b>\r\n\r\nHallo'],
    ],
    ['stands above a text without a type', '\nHallo\n', ['plain 1: Subject: Kündigung <b>\r\n\r\nHallo']],
    [
      'stands above a text in another charset',
      Buffer.from(
        'Content-Type: text/plain; charset=iso-8859-1; format=flowed\r\n\r\nGr\xfc\xdfe\r\n',
        'latin1',
      ),
      ['plain 1: Subject: Kündigung <b>\r\n\r\nGrüße'],
    ],
    [
      'stands in both forms of a text, not in what is attached',
      'Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/alternative; boundary=a\n\n--a\n\nHallo\n--a\nContent-Type: text/html\n\n<html><BODY class=x>Hallo</BODY></html>\n--a--\n--m\nContent-Type: text/plain\n\nzwei\n--m--\n',
      [
        'plain 1: Subject: Kündigung <b>\r\n\r\nHallo',
        `html 1: <html><BODY class=x>${html('Hallo')}</BODY></html>`,
        'plain -: zwei',
      ],
    ],
    ['stands above HTML without a body', 'Content-Type: text/html\n\n<p>x\n', [`html 1: ${html('<p>x')}`]],
    [
      'stands in no text that cannot be read',
      'Content-Type: text/plain; charset=x-geheim\n\nx\n',
      ['plain -: x'],
    ],
    [
      'stands in no text with a name, which is a file',
      'Content-Type: text/plain; name=a.txt\n\nx\n',
      ['plain -: x'],
    ],
  ] as const) {
    it(what, async () => {
      expect(await shown(message)).toEqual(leaves)
    })
  }

  it('in a mail of 2 MB changes nothing', async () => {
    expect(await shown(`Content-Type: text/plain\n\n${'x\n'.repeat(1024 * 1024)}`)).toHaveLength(1)
  })
})

test('any message can be shown its subject', async () => {
  const line = fc.constantFrom(
    'Content-Type: text/plain; x.y=1',
    'Content-Type: text/html',
    'Content-Type: multipart/alternative; boundary=b',
    '--b',
    '--b--',
    '',
    '<body',
    'x',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 15 }), async (lines) => {
      expect((await shown(`${lines.join('\n')}\n`)).length).toBeGreaterThan(0)
    }),
  )
})
