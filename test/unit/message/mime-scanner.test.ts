import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { MailFailure, PermanentFailure } from '../../../src/failure.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import { mimeLimits } from '../../../src/message/mime-limits.ts'
import type { MimePart, MimeTree } from '../../../src/message/mime-part.ts'
import { MimeScanner } from '../../../src/message/mime-scanner.ts'
import { replaceParts } from '../../../src/message/rewrite.ts'
import { allParts } from '../../support/all-parts.ts'

const corpus = new URL('../../corpus/mime/', import.meta.url)
const foreign = new URL('../../../../shared/testdata/mime/', import.meta.url)

function scan(bytes: Uint8Array, sizes: readonly number[] = [bytes.length || 1]): MimeTree {
  const scanner = new MimeScanner()
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1)
    scanner.push(bytes.subarray(at, at + size))
    at += size
  }
  return scanner.end()
}

const ofText = (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1')
const shape = (part: MimePart): string => {
  const type = `${part.contentType.type}/${part.contentType.subtype}`
  return part.children.length > 0 ? `${type}[${part.children.map(shape).join(' ')}]` : type
}

/** Children lie inside their parent's body, in order, and every offset inside the message. */
function expectNested(part: MimePart, start: number, end: number): void {
  expect(part.headerStart).toBeGreaterThanOrEqual(start)
  expect(part.bodyStart).toBeGreaterThanOrEqual(part.headerStart)
  expect(part.bodyEnd).toBeGreaterThanOrEqual(part.bodyStart)
  expect(part.bodyEnd).toBeLessThanOrEqual(end)
  let from = part.bodyStart
  for (const child of part.children) {
    expectNested(child, from, part.bodyEnd)
    from = child.bodyEnd
  }
}

const own = readdirSync(corpus).filter((name) => name.endsWith('.eml'))
const sets: [string, URL, string[]][] = [['our corpus', corpus, own]]
if (existsSync(foreign)) {
  sets.push(['public libraries', foreign, readdirSync(foreign).filter((name) => name.endsWith('.eml'))])
} else {
  it.skip('messages of public libraries: ../shared/testdata/mime is not here', () => {})
}

describe.each(sets)('messages of %s', (_, folder, names) => {
  it.each(names)('%s is read within limits, nested and alike in every split', (name) => {
    const bytes = readFileSync(new URL(name, folder))
    const tree = scan(bytes)
    expectNested(tree.root, 0, bytes.length)
    expect(tree.root.bodyEnd).toBe(bytes.length)
    for (const sizes of [[1], [7, 1, 64], [4096], [13, 65_535]]) expect(scan(bytes, sizes)).toEqual(tree)
    // Each part replaced by its own bytes gives the same message.
    const source = bytesInMemory(bytes)
    for (const { part, path } of allParts(tree)) {
      if (part.bodyEnd === part.headerStart) continue
      const same = source.window(part.headerStart, part.bodyEnd)
      const written = replaceParts(source, tree, new Map([[path.join('.'), same]]))
      expect(Buffer.compare(written.read(0, written.size), bytes)).toBe(0)
    }
  })
})

test.each(own)('%s has the shape and the ambiguities that stand in its X-Expect fields', (name) => {
  const tree = scan(readFileSync(new URL(name, corpus)))
  const expected = (field: string) => tree.root.fields.find((one) => one.name === field)?.value.trim()
  expect(shape(tree.root)).toBe(expected('X-Expect-Shape'))
  expect(tree.ambiguities.join(' ')).toBe(expected('X-Expect-Ambiguities'))
})

const mixed = 'From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n'

test.each([
  ['an empty message', '', 'text/plain', ''],
  ['a header without a body', 'Subject: x\n', 'text/plain', ''],
  ['a header cut in the middle', 'Subject: x', 'text/plain', ''],
  ['a message without MIME fields', 'Subject: x\n\nHello\n', 'text/plain', ''],
  ['an empty part', `${mixed}--b\n\n--b--\n`, 'multipart/mixed[text/plain]', ''],
  ['a part of nothing at all', `${mixed}--b\n--b--\n`, 'multipart/mixed[text/plain]', ''],
  [
    'a part with a header only',
    `${mixed}--b\nContent-Type: image/png\n--b--\n`,
    'multipart/mixed[image/png]',
    '',
  ],
  [
    'a multipart whose header is cut off by a boundary',
    `${mixed}--b
Content-Type: multipart/mixed; boundary=c
--b

x
--c

--b--
`,
    'multipart/mixed[multipart/mixed text/plain]',
    'multipart-without-parts',
  ],
  [
    'an attached message cut off by a boundary',
    `${mixed}--b
Content-Type: message/rfc822
--b
Content-Type: message/rfc822

--b--
`,
    'multipart/mixed[message/rfc822[text/plain] message/rfc822[text/plain]]',
    '',
  ],
  ['a multipart without any part', `${mixed}text\n`, 'multipart/mixed', 'multipart-without-parts'],
  ['a multipart that is only closed', `${mixed}--b--\n`, 'multipart/mixed', 'multipart-without-parts'],
  ['a multipart cut off', `${mixed}--b\n\nHello`, 'multipart/mixed[text/plain]', 'missing-final-boundary'],
  ['blanks behind a boundary', `${mixed}--b \t\n\nHello\n--b-- \n`, 'multipart/mixed[text/plain]', ''],
  [
    'a boundary with more text behind it',
    `${mixed}--b\n\nHello\n--bc\n\nx\n--b--\n`,
    'multipart/mixed[text/plain]',
    'boundary-with-trailing-text',
  ],
  [
    'a part behind the final boundary',
    `${mixed}--b\n\nHello\n--b--\n--b\nContent-Type: a/b\n\nx\n`,
    'multipart/mixed[text/plain]',
    'boundary-after-final header-in-epilogue',
  ],
  [
    'a part in front of the first boundary',
    `${mixed}Content-Type: a/b\n\nx\n--b\n\nx\n--b--\n`,
    'multipart/mixed[text/plain]',
    'header-in-preamble',
  ],
  ['a NUL and a bare CR', 'Subject: x\n\na\0b\rc\n', 'text/plain', 'bare-cr nul'],
  ['a NUL in the header', 'Subject: x\0y\n\n', 'text/plain', 'nul nul-in-header'],
  ['a bare CR at the very end', 'Subject: x\n\na\r', 'text/plain', 'bare-cr'],
  ['two From fields', 'From: a@b.de\nfrom: c@d.de\n\n', 'text/plain', 'duplicate-from'],
  [
    'a line without a colon',
    'From: a@b.de\nnonsense\n more\nTo: c@d.de\n\n',
    'text/plain',
    'header-line-without-colon',
  ],
  ['a blank before the colon', 'From : a@b.de\n\n', 'text/plain', 'blank-before-colon'],
  [
    'a line of blanks in the header',
    'From: a@b.de\n \t\nTo: c@d.de\n\n',
    'text/plain',
    'blank-looking-header-line',
  ],
  ['8-bit bytes in the header', 'Subject: \xe4\n\n', 'text/plain', 'eight-bit-header'],
  ['two types', 'Content-Type: text/html\nContent-Type: a/b\n\n', 'text/html', 'duplicate-content-type'],
  [
    'two encodings',
    'Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 8bit\n\n',
    'text/plain',
    'duplicate-content-transfer-encoding',
  ],
  [
    'two dispositions',
    'Content-Disposition: inline\nContent-Disposition: attachment\n\n',
    'text/plain',
    'duplicate-content-disposition',
  ],
  [
    'an unknown encoding',
    'Content-Transfer-Encoding: base-64\n\n',
    'text/plain',
    'unknown-transfer-encoding',
  ],
  ['an unknown charset', 'Content-Type: text/plain; charset=utf-7\n\n', 'text/plain', 'unknown-charset'],
  [
    'two boundaries',
    'Content-Type: multipart/mixed; boundary=b; boundary=c\n\n--b\n\n--b--\n',
    'multipart/mixed[text/plain]',
    'duplicate-boundary',
  ],
  [
    'a boundary in pieces',
    'Content-Type: multipart/mixed; boundary*0=b; boundary*1=c\n\n--bc\n\n--bc--\n',
    'multipart/mixed[text/plain]',
    'boundary-in-pieces',
  ],
  [
    'a boundary with a comment',
    'Content-Type: multipart/mixed; boundary=(x)b\n\n--b\n\n--b--\n',
    'multipart/mixed[text/plain]',
    'boundary-with-comment',
  ],
  [
    'no boundary',
    'Content-Type: multipart/mixed\n\n--b\n\n--b--\n',
    'multipart/mixed',
    'multipart-without-boundary',
  ],
  [
    'a boundary of 71 characters',
    `Content-Type: multipart/mixed; boundary=${'b'.repeat(71)}\n\n--${'b'.repeat(71)}\n\n--${'b'.repeat(71)}--\n`,
    'multipart/mixed[text/plain]',
    'boundary-too-long',
  ],
  [
    'an encoded multipart',
    'Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\n--b--\n',
    'multipart/mixed[text/plain]',
    'encoded-container',
  ],
  [
    'an encoded message',
    'Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeAoK\n',
    'message/rfc822',
    'encoded-container',
  ],
  [
    'differing file names',
    'Content-Type: a/b; name=a.txt\nContent-Disposition: attachment; filename=a.exe\n\n',
    'a/b',
    'differing-file-name',
  ],
  [
    'foreign bytes in base64',
    'Content-Transfer-Encoding: base64\n\nAAAA\nAA*A\n',
    'text/plain',
    'malformed-base64',
  ],
  [
    'padding inside base64',
    'Content-Transfer-Encoding: base64\n\nAA==\nAAAA\n',
    'text/plain',
    'malformed-base64',
  ],
  ['good base64', 'Content-Transfer-Encoding: base64\n\nAAAA\nAA==\n\n', 'text/plain', ''],
] as const)('%s is read and reported', (_, text, expected, ambiguities) => {
  const bytes = ofText(text)
  const tree = scan(bytes)
  expect([shape(tree.root), tree.ambiguities.join(' ')]).toEqual([expected, ambiguities])
  expectNested(tree.root, 0, bytes.length)
  expect(scan(bytes, [1])).toEqual(tree)
})

test('CRLF and LF in one message are reported, LF alone is not', () => {
  expect(scan(Buffer.from('A: b\r\n\r\nx\n')).ambiguities).toEqual(['bare-lf'])
  expect(scan(Buffer.from('A: b\n\nx\n')).ambiguities).toEqual([])
})

test('the line end before a boundary belongs to the boundary', () => {
  const bytes = ofText(`${mixed}--b\nA: b\n\nHello\n\n--b\n\n--b--\n`)
  const [first, second] = scan(bytes).root.children
  expect(bytes.subarray(first?.headerStart, first?.bodyEnd).toString()).toBe('A: b\r\n\r\nHello\r\n')
  expect(bytes.subarray(first?.bodyStart, first?.bodyEnd).toString()).toBe('Hello\r\n')
  expect(second?.bodyEnd).toBe(second?.headerStart)
})

describe('limits', () => {
  const nested = (depth: number) =>
    Array.from(
      { length: depth },
      (_, level) => `Content-Type: multipart/mixed; boundary=b${level}x\n\n--b${level}x\n`,
    ).join('')
  const messages: [string, string][] = [
    ['too deep', nested(mimeLimits.depth)],
    ['too deep by messages', 'Content-Type: message/rfc822\n\n'.repeat(mimeLimits.depth)],
    ['too many parts', mixed + '--b\n\n\n'.repeat(mimeLimits.parts)],
    ['a header too large', `A: ${'x'.repeat(mimeLimits.headerBytes)}`],
    ['too many fields', 'A: b\n'.repeat(mimeLimits.headerFields + 1)],
    ['too many fields in all', mixed + `--b\n${'A: b\n'.repeat(900)}\n`.repeat(12)],
    ['too large headers in all', mixed + `--b\nA: ${'x'.repeat(250_000)}\n\n`.repeat(5)],
    ['a boundary too long', `Content-Type: multipart/mixed; boundary=${'b'.repeat(1001)}\n\n`],
  ]
  it.each(messages)('%s is refused for good', (_, text) => {
    expect(() => scan(ofText(text))).toThrow(PermanentFailure)
  })
  it('what is just below is read', () => {
    expect(scan(ofText(nested(mimeLimits.depth - 1))).root.children).toHaveLength(1)
    expect(scan(ofText(mixed + '--b\n\n\n'.repeat(mimeLimits.parts - 1))).root.children).toHaveLength(999)
  })
})

const lines = fc.constantFrom(
  '--b',
  '--b--',
  '--c',
  '--c--',
  '--',
  '',
  ' ',
  'text',
  'Content-Type: multipart/mixed; boundary=b',
  'Content-Type: multipart/digest; boundary="c"',
  'Content-Type: message/rfc822',
  'Content-Transfer-Encoding: base64',
  'Content-Type: multipart/alternative; boundary=bb',
  '--bb',
  '--bb--',
  'A: b',
  'nonsense',
  '\t',
  'AA==',
  '\0',
  '\xff',
)
const messages = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .array(fc.tuple(lines, fc.constantFrom('\r\n', '\n', '\r')), { maxLength: 60 })
    .map((pairs) => Buffer.from(pairs.flat().join(''), 'latin1')),
)

test('arbitrary and broken messages nest, split alike, and are written back byte for byte', () => {
  fc.assert(
    fc.property(
      messages,
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
      (bytes, sizes) => {
        const tree = scan(bytes)
        expectNested(tree.root, 0, bytes.length)
        expect(scan(bytes, sizes)).toEqual(tree)
        const source = bytesInMemory(bytes)
        const written = replaceParts(source, tree, new Map())
        expect(Buffer.compare(written.read(0, written.size), bytes)).toBe(0)
      },
    ),
    { numRuns: 2000 },
  )
})

const base64Line = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('QUJD', 'A'.repeat(76), 'A'.repeat(998), 'A'.repeat(999)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', ' ', '--b', '--b--', 'AA==', 'AA==AA', 'AA-A', 'A\0A', '\xff'),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 100, unit: fc.constantFrom(...'Az09+/=-\r \t') }) },
)

test('base64 is passed in whole lines as it is byte by byte, whatever stands between them', () => {
  const head = `${mixed}--b\nContent-Transfer-Encoding: base64\n\n`.replaceAll('\n', '\r\n')
  const lineEnd = fc.oneof(
    { weight: 9, arbitrary: fc.constant('\r\n') },
    { weight: 1, arbitrary: fc.constantFrom('\n', '\r', '\r\r\n', '') },
  )
  const body = fc
    .array(fc.tuple(base64Line, lineEnd), { maxLength: 20 })
    .map((pairs) => pairs.flat().join(''))
  const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(body, cuts, (text, sizes) => {
      const bytes = Buffer.from(head + text, 'latin1')
      const alone = scan(bytes, [1])
      expect(scan(bytes)).toEqual(alone)
      expect(scan(bytes, sizes)).toEqual(alone)
    }),
    { numRuns: 1000 },
  )
})

test('a damaged real message is read or refused as a mail failure', () => {
  const seed = readFileSync(new URL('forwarded-with-attachment.eml', corpus))
  const damage = fc.array(
    fc.tuple(
      fc.nat(seed.length),
      fc.constantFrom('', '\0', '\r', '\n', '--', ':', '"', '(', '\xff', '=?', ';'),
    ),
    { minLength: 1, maxLength: 8 },
  )
  fc.assert(
    fc.property(damage, (changes) => {
      let text = seed.toString('latin1')
      for (const [at, inserted] of changes) text = text.slice(0, at) + inserted + text.slice(at + 1)
      const bytes = Buffer.from(text, 'latin1')
      try {
        expectNested(scan(bytes).root, 0, bytes.length)
      } catch (error) {
        expect(error).toBeInstanceOf(MailFailure)
      }
    }),
    { numRuns: 300 },
  )
})
