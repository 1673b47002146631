import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { isHarmlessLink } from '../../../src/converter/harmless-link.ts'

for (const address of [
  'https://www.example.org/a?b=c#d',
  'HTTP://example.org',
  'mailto:ann@example.org?subject=Frage&cc=bob@example.org',
]) {
  it(`keeps ${address}`, () => expect(isHarmlessLink(address)).toBe(true))
}

for (const address of [
  '',
  'page2.html',
  '//host/share',
  '\\\\host\\share',
  'file:///etc/passwd',
  'file://host/share/x.exe',
  'smb://host/share',
  'javascript:app.alert(1)',
  'JaVaScRiPt:app.alert(1)',
  'java\nscript:app.alert(1)',
  ' https://example.org',
  'https:example.org',
  'https://example.org\\@evil.example',
  'search-ms:query=x&crumb=location:\\\\host',
  'ms-word:ofe|u|https://example.org/x.docx',
  'vnd.sun.star.script:x?language=Basic&location=document',
  'data:text/html,<script>',
  'mailto:ann@example.org?attach=/etc/passwd',
  'mailto:ann@example.org?Attachment=/etc/passwd',
  'https://example.org/\u202egpj.exe',
  `https://example.org/${'a'.repeat(3000)}`,
]) {
  it(`drops ${JSON.stringify(address).slice(0, 60)}`, () => expect(isHarmlessLink(address)).toBe(false))
}

test('no address but web and mail ones passes', () => {
  fc.assert(
    fc.property(fc.string(), (address) => {
      if (isHarmlessLink(address)) expect(address).toMatch(/^(https?:\/\/|mailto:)/i)
    }),
  )
})
