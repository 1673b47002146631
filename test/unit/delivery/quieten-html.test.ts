import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { quietenHtml } from '../../../src/delivery/quieten-html.ts'
import type { MimeEntity } from '../../../src/message/mime-entity.ts'
import { openWorkspace } from '../../../src/storage/spool.ts'
import { receivedMessage } from '../../support/received-message.ts'

const callsOut = '<p>Gr\u00fc\u00dfe</p><img src="http://evil.example/">'

/** What takes the place of each HTML part, decoded, by path. */
async function quietened(mail: string | Uint8Array, replaced: ReadonlyMap<string, MimeEntity> = new Map()) {
  await using workspace = openWorkspace(tmpdir(), { sizeLimit: 50e6 })
  const entities = await quietenHtml(receivedMessage(mail), replaced, workspace)
  return new Map(
    Array.from(entities, ([path, { fields, body }]) => [
      path,
      {
        header: fields.map(({ name, value }) => `${name}:${value}`).join('\n'),
        text: Buffer.from(Buffer.from(body.read(0, body.size)).toString(), 'base64').toString(),
      },
    ]),
  )
}
const part = (type: string, body: string, more = '') => `--b\nContent-Type: ${type}\n${more}\n${body}\n`
const mixed = (...parts: readonly string[]) =>
  `From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n${parts.join('')}--b--\n`

it('only HTML that calls out is written anew, attached or not', async () => {
  const found = await quietened(
    mixed(
      part('text/plain', callsOut),
      part('text/html', '<p>Hallo</p>'),
      part('text/html; charset=utf-8', callsOut, 'Content-ID: <x@y>\n'),
      part('text/html; name=x.html', callsOut, 'Content-Disposition: attachment; filename=x.html\n'),
      part('application/xhtml+xml', callsOut),
    ),
  )
  expect([...found.keys()]).toEqual(['2', '3', '4'])
  expect(found.get('2')?.text).toContain('Gr\u00fc\u00dfe')
  expect(found.get('2')?.header).toContain('Content-ID: <x@y>')
  expect(found.get('3')?.header).toContain('filename=x.html')
  for (const { text } of found.values()) expect(text).not.toContain('evil.example')
})

it('HTML is read in its charset and transfer encoding', async () => {
  const bytes = Buffer.from(callsOut, 'latin1')
  const mail = (encoding: string, body: Buffer) =>
    Buffer.concat([
      Buffer.from(
        `From: a@b.example\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`,
      ),
      body,
    ])
  for (const message of [
    mail('8bit', bytes),
    mail('base64', Buffer.from(bytes.toString('base64'))),
    mail('quoted-printable', Buffer.from('<p>Gr=FC=DFe</p><img src=3D"http://evil.exam=\r\nple/">')),
  ]) {
    const root = (await quietened(message)).get('')
    expect(root?.text.trim()).toBe('<p>Gr\u00fc\u00dfe</p><img />')
    expect(root?.header).toContain('charset=utf-8')
  }
})

it('HTML that is too large to be cleaned is shown as its source', async () => {
  const { header, text } =
    (await quietened(mixed(part('text/html', `${callsOut}${'x'.repeat(2.2e6)}`)))).get('0') ?? {}
  expect(header).toContain('text/plain')
  expect(text).toContain('evil.example')
})

it('HTML of tens of thousands of elements within each other is shown as its source', async () => {
  const root = (
    await quietened(`From: a@b.example\nContent-Type: text/html\n\n${'<b></i>\n'.repeat(60_000)}`)
  ).get('')
  expect(root?.header).toContain('text/plain')
  const parts = await quietened(mixed(...Array<string>(9).fill(part('text/html', '<b>\n'.repeat(9000)))))
  expect([...parts.keys()]).toEqual(['2', '3', '4', '5', '6', '7', '8'])
})

it('HTML in a charset that we cannot read is shown as its source', async () => {
  const hidden = '+ADw-img src+AD0AIg-http://evil.example/+ACIAPg-'
  const root = (
    await quietened(`From: a@b.example\nContent-Type: text/html; charset=utf-7\n\n${hidden}\n`)
  ).get('')
  expect(root?.header).toContain('text/plain; charset=us-ascii')
  expect(root?.text).toContain(hidden)
})

it('what something else stands in place of already is left alone', async () => {
  const mail = mixed(part('text/html', callsOut))
  const other: MimeEntity = { fields: [], body: receivedMessage('x').source }
  for (const path of ['', '0']) expect((await quietened(mail, new Map([[path, other]]))).size).toBe(0)
})
