import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import {
  addressField,
  buildField,
  contentDispositionField,
  contentTypeField,
} from '../../src/message/build-field.ts'
import { buildMultipart, buildPart, partBytes } from '../../src/message/build-part.ts'
import { bytesInMemory } from '../../src/message/byte-source.ts'
import { encodeBase64 } from '../../src/message/encode-base64.ts'
import { encodeQuotedPrintable } from '../../src/message/quoted-printable.ts'

// Python's parser is a reader that shares no code with us.
const reader = `
import email, email.policy, json, sys
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
print(json.dumps({
  'subject': m['Subject'],
  'from': [[a.display_name, a.addr_spec] for a in m['From'].addresses],
  'parts': [[p.get_content_type(), p.get_filename(), p.get_payload(decode=True).decode()] for p in m.walk() if not p.is_multipart()],
  'defects': [str(d) for p in m.walk() for d in p.defects],
}))
`
const hasPython = spawnSync('python3', ['--version']).status === 0

async function encodedBody(encode: typeof encodeBase64, text: string) {
  const pieces: Uint8Array[] = []
  for await (const piece of encode(bytesInMemory(Buffer.from(text)).stream())) pieces.push(piece)
  return bytesInMemory(Buffer.concat(pieces))
}

test.skipIf(!hasPython).each([
  ['Rechnung', 'Ann Example', 'rechnung.pdf'],
  [
    'Grüße aus München, und viel mehr: '.repeat(6).trim(),
    'Jörg "der Käfer" Müller, Köln',
    'Grüße & Küsse; 100% "echt".pdf',
  ],
  ['=?utf-8?q?x?= 请 🙂', '=?utf-8?q?x?=', `${'Sehr langer Name '.repeat(10)}.docx`],
  ['a "quoted" subject', 'Example, Ann (at home)', 'a b.txt'],
  // The name fits into one encoded word: Python 3.11 keeps the blank between two of them in a display name.
  ['x'.repeat(300), 'ü'.repeat(10), 'ü'.repeat(120)],
])('another reader sees what we meant: %j', async (subject, name, fileName) => {
  const text = 'Grüße\r\nFrom here\r\n-- \r\nAnn\r\n'
  const entity = buildMultipart(
    'mixed',
    new Map(),
    [
      buildPart(
        [
          contentTypeField('text/plain', new Map([['charset', 'utf-8']])),
          { name: 'Content-Transfer-Encoding', value: ' quoted-printable' },
        ],
        await encodedBody(encodeQuotedPrintable, text),
      ),
      buildPart(
        [
          contentTypeField('application/pdf'),
          contentDispositionField('attachment', fileName),
          { name: 'Content-Transfer-Encoding', value: ' base64' },
        ],
        await encodedBody(encodeBase64, fileName),
      ),
    ],
    '=_0123456789abcdef',
  )
  const content = partBytes(entity)
  const fields = [
    buildField('Subject', subject),
    addressField('From', [{ name, address: 'ann@example.org' }, { address: 'bob@example.org' }]),
    { name: 'MIME-Version', value: ' 1.0' },
  ]
  const message = Buffer.concat([
    ...fields.map((field) => Buffer.from(`${field.name}:${field.value}\r\n`, 'latin1')),
    content.read(0, content.size),
  ])
  const { stdout, stderr } = spawnSync('python3', ['-c', reader], { input: message, encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({
    subject,
    from: [
      [name, 'ann@example.org'],
      ['', 'bob@example.org'],
    ],
    parts: [
      ['text/plain', null, text],
      ['application/pdf', fileName, fileName],
    ],
    defects: [],
  })
})
