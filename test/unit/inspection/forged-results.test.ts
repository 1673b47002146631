import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { forgedResults } from '../../../src/inspection/forged-results.ts'

const ours = 'mx.kanzlei.example'

for (const [what, value, isForged] of [
  ['our name', ` ${ours}; spf=pass`, true],
  ['our name in capitals', ' MX.Kanzlei.Example; spf=pass', true],
  ['our name with the dot of the root', ` ${ours}.; spf=pass`, true],
  ['our name in quotes', ` "${ours}"; spf=pass`, true],
  ['our name in quotes with escapes', ` "mx\\.kanzlei.example"; spf=pass`, true],
  ['our name behind a comment', ` (hi (nested) \\) there) ${ours}; spf=pass`, true],
  ['our name on the next line', `\r\n\t${ours};\r\n spf=pass`, true],
  ['our name with a version', ` ${ours} 1; spf=pass`, true],
  ['our name with a version as the first drafts wrote it', ` ${ours}/1; spf=pass`, true],
  ['our name and nothing else', ` ${ours}`, true],
  ['our name in a field that is not the grammar', ` ??? = ${ours}; spf=pass`, true],
  ['our name behind a comment without end', ` (x ${ours}; spf=pass`, true],
  ['another name', ' mx.partner.example; spf=pass', false],
  ['another name that mentions ours', ` mx.partner.example; spf=pass smtp.mailfrom=${ours}`, false],
  ['a name below ours', ` x.${ours}; spf=pass`, false],
  ['nothing', ' ', false],
] as const) {
  it(`a received Authentication-Results field under ${what} is ${isForged ? 'deleted' : 'kept'}`, () => {
    const fields = [{ name: 'Authentication-Results', value }]
    expect(forgedResults(fields, ours)).toEqual(
      isForged ? [{ ...fields[0], occurrence: 1 }].map(({ name, occurrence }) => ({ name, occurrence })) : [],
    )
  })
}

it('our own fields are deleted, each under the number that it has among its namesakes', () => {
  const fields = [
    { name: 'Authentication-Results', value: ' other.example; none' },
    { name: 'X-Postsiegel-Trust', value: ' +100' },
    { name: 'authentication-results', value: ` ${ours}; none` },
    { name: 'Subject', value: ' x' },
    { name: 'x-postsiegel-trust', value: ' +99' },
    { name: 'X-POSTSIEGEL-NEW', value: '' },
    { name: 'X-Postsiegel', value: ' plain' },
  ]
  expect(forgedResults(fields, ours)).toEqual([
    { name: 'X-Postsiegel-Trust', occurrence: 1 },
    { name: 'authentication-results', occurrence: 2 },
    { name: 'x-postsiegel-trust', occurrence: 2 },
    { name: 'X-POSTSIEGEL-NEW', occurrence: 1 },
    { name: 'X-Postsiegel', occurrence: 1 },
  ])
})

test('whatever stands in a field, reading it ends', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 2000 }), (value) => {
      forgedResults([{ name: 'Authentication-Results', value }], ours)
    }),
  )
  forgedResults([{ name: 'Authentication-Results', value: '('.repeat(100_000) }], ours)
  forgedResults([{ name: 'Authentication-Results', value: `"${'\\'.repeat(100_000)}` }], ours)
})
