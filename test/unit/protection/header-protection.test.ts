import { describe, expect, it } from 'vitest'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import { parseHeader } from '../../../src/message/header.ts'
import type { MimeEntity } from '../../../src/message/mime-entity.ts'
import { outerFields, withProtectedHeader } from '../../../src/protection/header-protection.ts'
import { protectedFields } from '../../../src/protection/protected-fields.ts'

const { fields } = parseHeader(
  Buffer.from(
    'Received: from pc\r\nFrom: Anna <anna@kanzlei.example>\r\nTo: b@c.example\r\nBcc: d@c.example\r\nSubject: Ihre\r\n =?utf-8?Q?K=C3=BCndigung?=\r\nThread-Topic: Ihre Kuendigung\r\nDate: Sat, 21 Nov 2026 12:00:00 +0100\r\n',
  ),
)
const entity: MimeEntity = {
  fields: [
    { name: 'Content-Type', value: ' text/plain; charset=utf-8;' },
    { name: 'Content-Transfer-Encoding', value: ' 7bit' },
  ],
  body: bytesInMemory(new Uint8Array()),
}
const named = (entity: MimeEntity) => entity.fields.map(({ name, value }) => `${name}:${value}`)

describe('a protected header', () => {
  it('of signed mail is a copy of what the author wrote, without Bcc and without traces', () => {
    expect(named(withProtectedHeader(entity, fields, 'clear', fields))).toEqual([
      'Content-Type: text/plain; charset=utf-8;\r\n hp="clear"',
      'Content-Transfer-Encoding: 7bit',
      'From: Anna <anna@kanzlei.example>',
      'To: b@c.example',
      'Subject: Ihre\r\n =?utf-8?Q?K=C3=BCndigung?=',
      'Date: Sat, 21 Nov 2026 12:00:00 +0100',
    ])
  })

  it('of encrypted mail says what stood outside', () => {
    const outer = outerFields(fields, '[...]')
    const lines = named(withProtectedHeader(entity, fields, 'cipher', outer))
    expect(lines).toContain('HP-Outer: Subject: [...]')
    expect(lines).toContain('HP-Outer: From: Anna <anna@kanzlei.example>')
    expect(lines.join('\n')).toMatch(/^Subject: Ihre/m)
    expect(lines.join('\n')).not.toMatch(/HP-Outer: (?:Bcc|Received|Thread-Topic)/)
  })

  it('hides Outlook’s copy of the subject as well', () => {
    expect(outerFields(fields, '[...]').map(({ name }) => name)).not.toContain('Thread-Topic')
    expect(outerFields(fields, undefined)).toBe(fields)
  })

  it('is read back as it was', () => {
    const outer = outerFields(fields, '[...]')
    const read = protectedFields(withProtectedHeader(entity, fields, 'cipher', outer).fields, outer)
    expect(read).toContainEqual(fields.find(({ name }) => name === 'Subject'))
  })

  it('that the author’s own program made stays', () => {
    const own = { ...entity, fields: [{ name: 'Content-Type', value: ' text/plain; hp=clear' }] }
    expect(withProtectedHeader(own, fields, 'clear', fields)).toBe(own)
  })
})
