import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { html, written } from '../../../src/portal/html.ts'

describe('a template of the portal', () => {
  for (const [what, made, expected] of [
    [
      'escapes text',
      html`<p>${'<script>alert("1")</script>'}</p>`,
      '<p>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;</p>',
    ],
    ['escapes an attribute', html`<a href="${'" onclick="x'}">`, '<a href="&quot; onclick=&quot;x">'],
    ['escapes an ampersand once', html`${'&lt;'}`, '&amp;lt;'],
    [
      'leaves its own HTML alone',
      html`<ul>${[html`<li>${'a<b'}</li>`, html`<li>2</li>`]}</ul>`,
      '<ul><li>a&lt;b</li><li>2</li></ul>',
    ],
    ['shows nothing for nothing', html`<p>${undefined}${[]}</p>`, '<p></p>'],
    ['takes a query for no attribute', html`<a href="/?lang=${'de'}">`, '<a href="/?lang=de">'],
  ] as const) {
    it(what, () => {
      expect(written(made)).toBe(expected)
    })
  }

  it('is refused when an attribute has no quotes', () => {
    expect(() => html`<a href=${'x'}>`).toThrow(/double quotes/)
  })

  it('does not take what came as JSON for HTML', () => {
    const forged = JSON.parse('{"markup":"<script>","Symbol(markup)":"<script>"}')
    expect(written(html`<p>${forged}</p>`)).not.toContain('<script>')
  })

  it('gives back any text in the way that a browser reads it, and no mark of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const inside = written(html`${text}`)
        expect(inside).not.toMatch(/[<>"']/)
        const read = inside.replaceAll(
          /&(amp|lt|gt|quot|#39);/g,
          (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name] ?? '',
        )
        expect(read).toBe(text)
      }),
    )
  })
})
