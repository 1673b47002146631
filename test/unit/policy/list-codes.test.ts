import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type CodeMeaning, codePattern, readListAnswers } from '../../../src/policy/list-codes.ts'

const codes = {
  '127.0.0.2-3': 'strong',
  '127.0.0.10-11': 'weak',
  '127.0.*.3': 'warmly-welcome',
  '127.0.1.*': 'ignore',
  '127.0.0.255': 'off',
} as const satisfies Record<string, CodeMeaning>

for (const [what, answers, expected] of [
  ['a code of the table', ['127.0.0.2'], { kind: 'listed', weight: 'strong' }],
  ['the last of a range', ['127.0.0.3'], { kind: 'listed', weight: 'strong' }],
  [
    'several codes, of which the worst counts',
    ['127.0.0.11', '127.0.0.2'],
    { kind: 'listed', weight: 'strong' },
  ],
  ['a code that only another pattern fits', ['127.0.7.3'], { kind: 'listed', weight: 'warmly-welcome' }],
  ['a code that the table does not know', ['127.0.0.99'], { kind: 'clear' }],
  ['a code that means nothing', ['127.0.1.9'], { kind: 'clear' }],
] as const) {
  it(`reads ${what}`, () => {
    expect(readListAnswers(codes, answers)).toEqual(expected)
  })
}

for (const [what, answers] of [
  ['an error code of its operator', ['127.255.255.254']],
  ['an error code beside a listing', ['127.0.0.2', '127.255.255.255']],
  ['an address of the Internet, as a domain that was sold answers', ['203.0.113.9']],
  ['an address of a private network, as a hotel answers', ['10.0.0.1']],
  ['127.0.0.1, which no list may use', ['127.0.0.1']],
  ['the code that the table says is a refusal', ['127.0.0.255']],
] as const) {
  it(`takes a list for off that answers with ${what}, whatever else it says`, () => {
    expect(readListAnswers({ ...codes, '127.*.*.*': 'strong' }, answers).kind).toBe('off')
    expect(readListAnswers(codes, answers).kind).toBe('off')
  })
}

it('no answer outside of 127/8 and no error code is ever a listing', () => {
  const octet = fc.nat({ max: 255 })
  fc.assert(
    fc.property(
      fc.tuple(octet, octet, octet, octet),
      fc.constantFrom('strong', 'welcome'),
      (octets, meaning) => {
        const answer = octets.join('.')
        const verdict = readListAnswers({ '127.*.*.*': meaning as CodeMeaning }, [answer])
        const mayList = octets[0] === 127 && answer !== '127.0.0.1' && !answer.startsWith('127.255.255.')
        expect(verdict.kind).toBe(mayList ? 'listed' : 'off')
      },
    ),
  )
})

it('patterns are numbers, ranges and stars below 127', () => {
  for (const good of ['127.0.0.2', '127.0.0.4-7', '127.0.*.3']) expect(codePattern.test(good)).toBe(true)
  for (const bad of ['10.0.0.2', '127.0.0', '127.0.0.x', '127.0.0.2-', '127.0.0.2,3']) {
    expect(codePattern.test(bad)).toBe(false)
  }
})
