import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { entityOf, partBytes } from '../../../src/message/build-part.ts'
import { type ByteSource, bytesInMemory } from '../../../src/message/byte-source.ts'
import { decodedBytes } from '../../../src/message/decode-body.ts'
import type { MimeTree } from '../../../src/message/mime-part.ts'
import { MimeScanner } from '../../../src/message/mime-scanner.ts'
import { toSevenBit } from '../../../src/message/to-seven-bit.ts'
import { openWorkspace } from '../../../src/storage/spool.ts'
import { allParts } from '../../support/all-parts.ts'

const text = (bytes: ByteSource) => Buffer.from(bytes.read(0, bytes.size)).toString('latin1')

function treeOf(bytes: ByteSource): MimeTree {
  const scanner = new MimeScanner()
  scanner.push(bytes.read(0, bytes.size))
  return scanner.end()
}

async function madeSevenBit(message: string): Promise<{ text: string; isSevenBit: boolean }> {
  await using workspace = openWorkspace(tmpdir(), { sizeLimit: 10_000_000 })
  const source = bytesInMemory(Buffer.from(message, 'latin1'))
  const { root } = treeOf(source)
  const entity = await toSevenBit(entityOf(root.fields, source, root.bodyStart), workspace)
  return { text: text(partBytes(entity)), isSevenBit: entity.isSevenBit }
}

const type = (rest: string) => `Content-Type: ${rest}\r\n`
const encoding = (name: string) => `Content-Transfer-Encoding: ${name}\r\n`
const plain = type('text/plain; charset=utf-8')
const long = 'x'.repeat(1200)

test.each([
  ['ASCII text', `${plain}\r\nHello\r\n`, `${plain}\r\nHello\r\n`],
  [
    '8-bit text',
    `${plain}${encoding('8bit')}\r\nGr\xc3\xbc\xc3\x9fe\r\n`,
    `${plain}${encoding('quoted-printable')}\r\nGr=C3=BC=C3=9Fe\r\n`,
  ],
  ['8-bit text that says 7bit', `${plain}\r\n\xfc\r\n`, `${plain}${encoding('quoted-printable')}\r\n=FC\r\n`],
  [
    'blanks at a line end',
    `${plain}\r\n-- \r\nAnn\r\n`,
    `${plain}${encoding('quoted-printable')}\r\n=2D-=20\r\nAnn\r\n`,
  ],
  [
    'a From line',
    `${plain}\r\nFrom here on\r\n`,
    `${plain}${encoding('quoted-printable')}\r\n=46rom here on\r\n`,
  ],
  [
    'quoted-printable text',
    `${plain}${encoding('quoted-printable')}\r\n=FC =\r\n\r\n`,
    `${plain}${encoding('quoted-printable')}\r\n=FC =\r\n\r\n`,
  ],
  ['line ends of LF', `${plain}\r\na\nb\n`, `${plain}\r\na\r\nb\r\n`],
  [
    'binary content',
    `${type('a/b')}${encoding('binary')}\r\n\0\r\xff`,
    `${type('a/b')}${encoding('base64')}\r\nAA3/\r\n`,
  ],
  [
    'a multipart with one 8-bit part',
    `${type('multipart/mixed; boundary=b')}${encoding('8bit')}\r\npre\r\n--b\r\n\r\nHello\r\n--b\r\n${plain}${encoding('8bit')}\r\n\xfc\r\n--b--\r\nend\r\n`,
    `${type('multipart/mixed; boundary=b')}\r\npre\r\n--b\r\n\r\nHello\r\n--b\r\n${plain}${encoding('quoted-printable')}\r\n=FC\r\n--b--\r\nend\r\n`,
  ],
  [
    'an attached 8-bit message',
    `${type('message/rfc822')}${encoding('8bit')}\r\nSubject: x\r\n${encoding('8bit')}\r\n\xfc\r\n`,
    `${type('message/rfc822')}\r\nSubject: x\r\n${encoding('quoted-printable')}\r\n=FC\r\n`,
  ],
  [
    'a signed part',
    `${type('multipart/signed; boundary=b')}\r\n--b\r\n${plain}\r\n-- \r\n--b\r\n\r\nsig\r\n--b--\r\n`,
    `${type('multipart/signed; boundary=b')}\r\n--b\r\n${plain}\r\n-- \r\n--b\r\n\r\nsig\r\n--b--\r\n`,
  ],
])('%s is made 7-bit with the least change', async (_, message, expected) => {
  expect(await madeSevenBit(message)).toEqual({ text: expected, isSevenBit: true })
})

test.each([
  [
    'an 8-bit part that is signed already',
    `${type('multipart/signed; boundary=b')}\r\n--b\r\n\r\n\xfc \r\n--b\r\n\r\nsig\r\n--b--\r\n`,
  ],
  ['a multipart without parts', `${type('multipart/mixed; boundary=b')}\r\n\xfc\r\n`],
  [
    'binary S/MIME',
    `${type('application/pkcs7-mime; smime-type=signed-data')}${encoding('binary')}\r\n\x30\x80\0`,
  ],
  ['an 8-bit attached header', `${type('message/rfc822')}\r\nSubject: \xfc\r\n\r\nx\r\n`],
  ['an 8-bit preamble', `${type('multipart/mixed; boundary=b')}\r\n\xfc\r\n--b\r\n\r\nx\r\n--b--\r\n`],
  ['a body in an unknown encoding', `${encoding('x-yenc')}${plain}\r\n\xfc\r\n`],
])('%s stays as it is, and is told', async (_, message) => {
  const made = await madeSevenBit(message)
  expect(made.isSevenBit).toBe(false)
  expect(made.text).toContain(message.slice(message.indexOf('\r\n\r\n')))
})

test('overlong lines are cut by encoding, whatever they were before', async () => {
  for (const before of ['7bit', 'base64', 'quoted-printable']) {
    const made = await madeSevenBit(`${type('text/html')}${encoding(before)}\r\n${long}\r\n`)
    expect(made.isSevenBit).toBe(true)
    for (const line of made.text.split('\r\n')) expect(line.length).toBeLessThanOrEqual(76)
  }
})

test('what every part says stays the same, and all of it is 7-bit', async () => {
  const piece = fc.constantFrom('\r\n', 'From ', ' ', 'text', '\xfc', '\0', '=3D', '\t', long, 'AAAA', '--')
  const leaf = fc
    .tuple(
      fc.constantFrom('text/plain', 'image/png', 'text/html; charset=utf-8'),
      fc.constantFrom('7bit', '8bit', 'binary', 'base64', 'quoted-printable'),
      fc.array(piece, { maxLength: 12 }),
    )
    .map(([mime, name, body]) => `${type(mime)}${encoding(name)}\r\n${body.join('')}`)
  await fc.assert(
    fc.asyncProperty(fc.array(leaf, { minLength: 1, maxLength: 4 }), async (leaves) => {
      const parts = leaves.map((part) => `--outer\r\n${part}\r\n`).join('')
      const before = bytesInMemory(
        Buffer.from(`${type('multipart/mixed; boundary=outer')}\r\n${parts}--outer--\r\n`, 'latin1'),
      )
      const made = await madeSevenBit(text(before))
      expect(made.isSevenBit).toBe(true)
      expect(made.text).toMatch(/^[\t\r\n -~]*$/)
      const after = bytesInMemory(Buffer.from(made.text, 'latin1'))
      const contents = (source: ByteSource) =>
        Promise.all([...allParts(treeOf(source))].slice(1).map(({ part }) => decodedBytes(source, part, 1e6)))
      expect((await contents(after)).map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(
        (await contents(before)).map((bytes) => Buffer.from(bytes).toString('hex')),
      )
    }),
    { numRuns: 200 },
  )
})
