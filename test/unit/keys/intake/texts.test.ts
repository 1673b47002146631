import { expect, test } from 'vitest'
import { privateKeyReply } from '../../../../src/keys/intake/private-key-reply.ts'
import {
  activeText,
  nothingFoundText,
  proofText,
  receivedText,
  refusedText,
  reviewText,
  wrongCodeText,
} from '../../../../src/keys/intake/texts.ts'
import { anyIntake } from '../../../support/any-intake.ts'

const house = { name: 'Kanzlei Müller', telephone: '+49 30 5550100', days: 7 }
const code = 'AAAA-BBBB-CCCC-DDDD'
const kinds = [anyIntake(), anyIntake({ kind: 'openpgp' })]
const all = [
  ...kinds.flatMap((intake) => [
    receivedText(intake, house),
    proofText(intake, code, house),
    reviewText(intake, 'other-address', house),
    reviewText(intake, 'in-use', house),
    reviewText(intake, 'review', house),
    activeText(intake, house),
    refusedText(intake, 'expired', house),
    refusedText(intake, 'Nicht bestellt.', house),
  ]),
  nothingFoundText([{ fileName: 'x.cer', problem: 'unreadable' }], house),
  wrongCodeText(house),
]

test('every answer is German with English below, names the house and a telephone, and has lines that can be read', () => {
  for (const { subject, text } of all) {
    expect(subject).toMatch(/ \/ /)
    expect(text).toMatch(/^Guten Tag,\n[\s\S]+---------- English ----------\n\nHello,\n/)
    expect(text.split(house.telephone)).toHaveLength(3)
    expect(text.split('Kanzlei Müller')).toHaveLength(3)
    expect(text).not.toMatch(/undefined|\[object/)
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(150)
  }
})

test('the code stands in the encrypted mail once, and not in its subject, which nobody encrypts', () => {
  const { subject, text } = proofText(anyIntake(), code, house)
  expect(text.split(code)).toHaveLength(2)
  expect(subject).not.toContain(code)
})

test('a refusal says what helps', () => {
  expect(refusedText(anyIntake(), 'expired', house).text).toContain('Bitte besorgen Sie ein neues Zertifikat')
  expect(refusedText(anyIntake(), 'constructor', house).text).toContain('Der Grund: constructor')
})

test('the words for a private key are short lines of ASCII, with the reference first and last', () => {
  const { lines } = privateKeyReply(house, 'K7Q2-M8R4-T6W1')
  for (const line of lines) {
    expect(line).toMatch(/^[ -~]+$/)
    expect(`550-5.7.1 ${line}`.length).toBeLessThanOrEqual(110)
  }
  expect(lines.at(0)).toContain('K7Q2-M8R4-T6W1')
  expect(lines.at(-1)).toContain('K7Q2-M8R4-T6W1')
})
