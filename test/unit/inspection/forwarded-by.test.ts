import { describe, expect, it } from 'vitest'
import { forwardedBy } from '../../../src/inspection/forwarded-by.ts'

const field = (name: string, value: string) => ({ name, value: ` ${value}` })
const sealed = (instance: number, domain: string) =>
  field('ARC-Seal', `i=${instance}; a=rsa-sha256; cv=none; d=${domain}; s=x; b=abc`)
const results = (text: string, instance = 1) =>
  field('ARC-Authentication-Results', `i=${instance}; mx.list.example; ${text}`)

describe('what a forwarder says of the author', () => {
  for (const [what, text, passed] of [
    ['DMARC pass', 'spf=fail smtp.mailfrom=x; dmarc=pass (p=NONE sp=NONE) header.from=partner.example', true],
    ['DMARC pass of another author', 'dmarc=pass header.from=evil.example', false],
    ['DMARC pass of nobody', 'dmarc=pass', false],
    ['DMARC fail', 'dmarc=fail header.from=partner.example', false],
    ['a signature of the author', 'dkim=pass header.i=@partner.example header.d=mail.partner.example', true],
    ['a signature of somebody else', 'dkim=pass header.d=evil.example', false],
    [
      'a pass in a comment',
      'dmarc=fail (; dmarc=pass header.from=partner.example) header.from=partner.example',
      false,
    ],
    [
      'a pass in a comment inside a comment',
      'spf=none ((a) ; dmarc=pass header.from=partner.example ; )',
      false,
    ],
    ['a pass in a comment without end', 'spf=none (; dmarc=pass header.from=partner.example', false],
    [
      'a pass in a quoted string',
      'spf=none smtp.mailfrom="; dmarc=pass header.from=partner.example;"',
      false,
    ],
    [
      'a pass in a quoted string with a quote',
      'spf=none smtp.mailfrom="\\"; dmarc=pass header.from=partner.example;"',
      false,
    ],
    ['passed, which is no result', 'dmarc=passed header.from=partner.example', false],
    ['nothing', '', false],
  ] as const) {
    it(`is ${passed ? '' : 'not '}a proof where he says ${what}`, () => {
      const fields = [sealed(1, 'List.Example'), results(text)]
      expect(forwardedBy(fields, 'partner.example')).toEqual({
        sealers: ['list.example'],
        authorPassed: passed,
      })
    })
  }

  it('counts of the first one only, and names all who came later', () => {
    const fields = [
      sealed(2, 'evil.example'),
      results('dmarc=pass header.from=partner.example', 2),
      sealed(1, 'list.example'),
      results('dmarc=fail header.from=partner.example'),
    ]
    expect(forwardedBy(fields, 'partner.example')).toEqual({
      sealers: ['evil.example', 'list.example'],
      authorPassed: false,
    })
  })
})
