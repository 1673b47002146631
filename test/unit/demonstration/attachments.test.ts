import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arrivedParts, textOf } from '../../../src/demonstration/attachments.ts'
import { compose, wordFile } from '../../../src/demonstration/compose.ts'

test('text and attachment of a composed letter are read as they were written', async () => {
  const content = wordFile(['One', 'Two'])
  const text =
    'Grüße aus Köln,\nund eine Zeile, die länger ist als die achtundsiebzig Zeichen, die man gern sieht.'
  const letter = { from: 'a@example.org', to: ['b@example.org'], subject: 'x', text }
  const parts = arrivedParts(await compose({ ...letter, attachment: { fileName: 'zwei.docx', content } }))
  expect(textOf(parts).replaceAll('\r\n', '\n').trim()).toBe(text)
  expect(parts.find(({ fileName }) => fileName === 'zwei.docx')?.bytes.equals(Buffer.from(content))).toBe(
    true,
  )
})

test('whatever arrives, reading it ends', () => {
  const line = fc.constantFrom('Content-Type: multipart/mixed; boundary=a', '--a', '--a--', '', 'x=', '=3D')
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
      expect(Array.isArray(arrivedParts(Buffer.from(lines.join('\r\n'))))).toBe(true)
    }),
  )
})
