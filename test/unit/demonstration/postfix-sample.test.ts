import { readFileSync } from 'node:fs'
import { expect, it, test } from 'vitest'
import { readPostfixSample, writeService } from '../../../src/demonstration/postfix-sample.ts'

const text = readFileSync(new URL('../../../postfix-sample.cf', import.meta.url), 'utf8')
const sample = readPostfixSample(text)

test('without the gateway nothing passes: every milter defers by default', () => {
  for (const name of ['postsiegel_inbound', 'postsiegel_outbound']) {
    expect(sample.parameters.get(name)).toContain('default_action=tempfail')
  }
  expect(sample.parameters.get('milter_default_action')).toBe('tempfail')
  expect(sample.parameters.get('postsiegel_destination_recipient_limit')).toBe('1')
})

test('every service that needs a socket of ours runs outside the chroot', () => {
  expect(sample.services.map(({ name, columns }) => `${name} ${columns[2]}`)).toEqual([
    'smtp n',
    'submission n',
    'pickup n',
    'postsiegel n',
    '127.0.0.1:10025 n',
    '127.0.0.1:10026 n',
    'postsiegel-cleanup n',
    'smtp n',
    'relay n',
  ])
})

test('only the inbound port and the end of the hop have a milter of ours', () => {
  const milters = sample.services.map(({ name, options }) => [
    name,
    options.find((option) => option.startsWith('smtpd_milters=')),
  ])
  expect(Object.fromEntries(milters.filter(([, option]) => option?.includes('$')))).toEqual({
    smtp: 'smtpd_milters=$postsiegel_inbound',
    '127.0.0.1:10025': 'smtpd_milters=$postsiegel_outbound',
  })
})

test('a service is written as it was read', () => {
  const service = {
    name: 'a',
    type: 'unix',
    columns: ['-', '-', 'n', '-', '-'],
    command: 'smtp',
    options: ['b=c'],
  }
  const written = `############################## master.cf\n${writeService(service)}\n`
  expect(readPostfixSample(written).services).toEqual([service])
})

for (const [what, broken] of [
  ['a line before the parts', 'a = b'],
  ['a parameter without a value', '#################### main.cf\nnonsense'],
  ['a service with too few columns', '#################### master.cf\nsmtp inet n'],
  ['an option without a service', '#################### master.cf\n  -o a=b'],
] as const) {
  it(`refuses ${what}`, () => {
    expect(() => readPostfixSample(broken)).toThrow('cannot read the line')
  })
}
