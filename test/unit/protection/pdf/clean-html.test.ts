import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { cleanHtml } from '../../../../src/protection/pdf/clean-html.ts'

const none = new Map<string, string>()
const logo = `data:image/png;base64,${'A'.repeat(1_000_000)}`

describe('HTML that goes on the page', () => {
  for (const [what, html, clean] of [
    ['a colour', '<p style="color: rgb(1, 2, 3)">a</p>', '<p style="color:rgb(1, 2, 3)">a</p>'],
    [
      'an address in a style',
      '<p style="background:url(//x/y);color:red">a</p>',
      '<p style="color:red">a</p>',
    ],
    ['an escaped address', '<p style="color:\\75rl(//x)">a</p>', '<p>a</p>'],
    ['a wide table', '<table width="900" style="width:900px"></table>', '<table></table>'],
    ['a script', 'a<script>b</script>c', 'ac'],
    ['a picture from elsewhere', 'a<img src="https://x/y.png">b', 'a<span></span>b'],
    [
      'a link',
      '<a href="https://x.example/y" onclick="z">hier</a>',
      '<a title="https://x.example/y">hier</a>',
    ],
    ['a link that shows its address', '<a href="mailto:a@x.example">a@x.example</a>', '<a>a@x.example</a>'],
    ['a link that starts a program', '<a href="ms-word:ofe|u|x">hier</a>', '<a>hier</a>'],
    ['a title of its own', '<a title="https://x.example">hier</a>', '<a>hier</a>'],
  ] as const) {
    it(`keeps of ${what} what is harmless`, () => {
      expect(cleanHtml(html, none).html).toBe(clean)
    })
  }

  it('says which pictures it shows', () => {
    const pictures = new Map([
      ['a b@x', 'data:image/png;base64,AAAA'],
      ['unused', 'data:image/png;base64,BBBB'],
    ])
    const { html, shown } = cleanHtml('<img src="cid:a%20b@x"><img src="cid:missing">', pictures)
    expect([...shown]).toEqual(['a b@x'])
    expect(html).toContain('src="data:image/png;base64,AAAA"')
    expect(html).not.toContain('cid')
  })

  it('does not grow beyond bounds when one picture is shown a thousand times', () => {
    const html = '<img src="cid:logo"> src="data:image/x-cid,logo" '.repeat(1000)
    expect(cleanHtml(html, new Map([['logo', logo]])).html.length).toBeLessThan(13 * 1024 * 1024)
  })

  it('writes nothing of the mail to the log', () => {
    const warn = vi.spyOn(console, 'warn')
    cleanHtml('<p style="color: {{ \' geheim }">a</p>', none)
    expect(warn).not.toHaveBeenCalled()
    warn.mockRestore()
  })

  it('holds no address and no script, whatever was written', () => {
    const piece = fc.constantFrom(
      ...[
        '<a href="',
        '<img src="',
        'javascript:',
        'https://x/',
        'cid:a',
        '"',
        "'",
        '>',
        '<',
        '/>',
        'url(',
        ')',
        ' style="',
      ],
      ...[
        '<script>',
        '</script>',
        '<!--',
        '-->',
        '<svg>',
        'onload=',
        '<style>',
        '&#x6a;',
        '\0',
        '<p',
        'title="',
      ],
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const { html } = cleanHtml(pieces.join(''), none)
        expect(html).not.toMatch(/<[^>]*\s(?:href|on\w+|srcset|background)\s*=/i)
        expect(html).not.toMatch(/<(?:script|style|svg|iframe|object|link|meta|base|form)\b/i)
        expect(html).not.toMatch(/<[^>]*\ssrc="(?!data:image\/)/i)
      }),
    )
  })
})
