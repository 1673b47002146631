import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readableParts } from '../../../src/message/readable-parts.ts'
import { receivedMessage } from '../../support/received-message.ts'

let boundaries = 0

/** A part as text: header lines, then a body that names it. */
const leaf = (body: string, type: string, ...more: string[]) =>
  [`Content-Type: ${type}`, ...more, '', body].join('\n')
const multi = (subtype: string, ...parts: string[]) => {
  const boundary = `b${boundaries++}`
  const lines = parts.map((part) => `--${boundary}\n${part}\n`)
  return `Content-Type: multipart/${subtype}; boundary=${boundary}\n\n${lines.join('')}--${boundary}--\n`
}
const text = (body: string) => leaf(body, 'text/plain; charset=utf-8')
const html = (body: string) => leaf(body, 'text/html; charset=utf-8')
const picture = (id: string, ...more: string[]) => leaf(id, 'image/png', `Content-ID: <${id}>`, ...more)
const pdf = (body: string) =>
  leaf(body, 'application/pdf', `Content-Disposition: attachment; filename=${body}.pdf`)

/** Which bodies are shown, are pictures and are attached. */
function sorted(message: string) {
  const { source, tree } = receivedMessage(message)
  const parts = readableParts(tree.root)
  const body = ({ bodyStart, bodyEnd }: { bodyStart: number; bodyEnd: number }) =>
    Buffer.from(source.read(bodyStart, bodyEnd)).toString().trim()
  return {
    shown: parts.shown.map(body).join(' '),
    pictures: parts.pictures.map(({ contentId }) => contentId).join(' '),
    attached: parts.attachments.map(body).join(' '),
  }
}

describe('what is read of a message', () => {
  for (const [what, message, shown, pictures, attached] of [
    ['text alone', text('t'), 't', '', ''],
    ['HTML alone', html('h'), 'h', '', ''],
    ['a message without any type', 'Subject: x\n\nt\n', 't', '', ''],
    ['text and HTML of the same', multi('alternative', text('t'), html('h')), 'h', '', ''],
    ['the same in the wrong order', multi('alternative', html('h'), text('t')), 'h', '', ''],
    [
      'HTML with its picture beside the text',
      multi('alternative', text('t'), multi('related', html('h'), picture('p'))),
      'h',
      'p',
      '',
    ],
    [
      'an invitation',
      multi('alternative', text('t'), html('h'), leaf('i', 'text/calendar; method=REQUEST')),
      'h',
      '',
      'i',
    ],
    [
      'a letter with a file',
      multi('mixed', multi('alternative', text('t'), html('h')), pdf('f')),
      'h',
      '',
      'f',
    ],
    [
      'text before and after a file, as Apple Mail writes',
      multi('mixed', text('one'), pdf('f'), text('two')),
      'one two',
      '',
      'f',
    ],
    [
      'text before the alternatives',
      multi('mixed', text('first'), multi('alternative', text('t'), html('h'))),
      'first h',
      '',
      '',
    ],
    ['a footer that a list added', multi('mixed', html('h'), text('footer')), 'h footer', '', ''],
    [
      'a file inside the alternative that is not chosen',
      multi('alternative', multi('mixed', text('t'), pdf('f')), html('h')),
      'h',
      '',
      'f',
    ],
    ['a picture beside plain text', multi('related', text('t'), picture('p')), 't', 'p', ''],
    [
      'a second text among related parts',
      multi('related', html('h'), text('t'), picture('p')),
      'h',
      'p',
      't',
    ],
    [
      'a related root that is named',
      multi('related; start="<r>"', picture('p'), leaf('h', 'text/html', 'Content-ID: <r>')),
      'h',
      'p',
      '',
    ],
    [
      'a picture that is attached',
      multi('mixed', text('t'), picture('p', 'Content-Disposition: attachment')),
      't',
      '',
      'p',
    ],
    [
      'text with a file name',
      multi('mixed', text('t'), leaf('csv', 'text/plain; name=a.csv')),
      't',
      '',
      'csv',
    ],
    ['a file alone', pdf('f'), '', '', 'f'],
    [
      'a signed message',
      multi('signed', multi('mixed', text('t'), pdf('f')), leaf('s', 'application/pkcs7-signature')),
      't',
      '',
      'f s',
    ],
    [
      'a message inside',
      multi('mixed', text('t'), `Content-Type: message/rfc822\n\n${text('inner')}`),
      't',
      '',
      'Content-Type: text/plain; charset=utf-8\r\n\r\ninner',
    ],
    ['an alternative of nothing known', multi('alternative', leaf('x', 'text/x-other')), '', '', 'x'],
    [
      'a multipart without parts',
      multi('mixed', text('t'), leaf('lost', 'multipart/mixed; boundary=none')),
      't',
      '',
      'lost',
    ],
  ] as const) {
    it(`is right for ${what}`, () => {
      expect(sorted(message)).toEqual({ shown, pictures, attached })
    })
  }

  it('loses no file, however the message is nested', () => {
    let number = 0
    const anyLeaf = fc.constantFrom(text, html, pdf, picture).map((kind) => () => kind(`n${number++}`))
    const { part } = fc.letrec<{ part: () => string }>((tie) => ({
      part: fc.oneof(
        { depthSize: 'small' },
        anyLeaf,
        fc
          .tuple(
            fc.constantFrom('mixed', 'related', 'alternative', 'signed'),
            fc.array(tie('part'), { minLength: 1, maxLength: 4 }),
          )
          .map(
            ([subtype, parts]) =>
              () =>
                multi(subtype, ...parts.map((each) => each())),
          ),
      ),
    }))
    fc.assert(
      fc.property(part, (make) => {
        number = 0
        const message = make()
        const { pictures, attached } = sorted(message)
        const there = ` ${pictures} ${attached} `
        for (const [, name] of message.matchAll(/filename=(n\d+)\.pdf|Content-ID: <(n\d+)>/g)) {
          if (name) expect(there).toContain(` ${name} `)
        }
      }),
    )
  })
})
