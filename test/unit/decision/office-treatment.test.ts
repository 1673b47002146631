import { describe, expect, it } from 'vitest'
import { decideInbound } from '../../../src/decision/decide-inbound.ts'
import { officeTreatment, sharedOfficeTreatment } from '../../../src/decision/office-treatment.ts'
import { builtInInbound } from '../../../src/policy/find-policy.ts'
import { type InboundPolicy, InboundRule, type OfficeAction } from '../../../src/policy/policy.ts'
import { bySpf, inboundFacts, inboundQuestion } from '../../support/inbound-facts.ts'

const file = { office: 'docx', macros: false, encrypted: false, bytes: 1000 } as const
const withBasis = { ...builtInInbound, withholdingBasis: 'company rule' }
const wanting = (office: OfficeAction): InboundPolicy => ({ ...withBasis, office })
/** Rules as they stand in a policy file. */
const ruled = (...officeRules: readonly object[]): InboundPolicy => ({
  ...withBasis,
  officeRules: InboundRule.parse({ officeRules }).officeRules ?? [],
})

describe('an Office file', () => {
  for (const [what, rule, matching, another] of [
    ['of a kind', { kinds: ['docx', 'odt'] }, file, { ...file, office: 'xls' }],
    ['with macros', { macros: true }, { ...file, macros: true }, file],
    ['without macros', { macros: false }, file, { ...file, macros: true }],
    ['with a password', { encrypted: true }, { ...file, encrypted: true }, file],
    ['that is large', { largerThan: '1KB' }, { ...file, bytes: 1025 }, { ...file, bytes: 1024 }],
  ] as const) {
    it(`${what} is treated as its rule says, others as all are`, () => {
      // biome-ignore lint/suspicious/noThenProperty: a word of the policy files.
      const policy = ruled({ ...rule, then: 'pass' })
      expect(officeTreatment(policy, matching, 0)).toBe('pass')
      expect(officeTreatment(policy, another, 0)).toBe('convert')
    })
  }

  it('is treated by the trust of its mail', () => {
    // biome-ignore lint/suspicious/noThenProperty: a word of the policy files.
    const policy = ruled({ trustBelow: 0, then: 'hold' }, { trustFrom: 40, then: 'pass' })
    expect([-1, 0, 39, 40].map((trust) => officeTreatment(policy, file, trust))).toEqual([
      'hold',
      'convert',
      'convert',
      'pass',
    ])
  })

  for (const [wanted, without] of [
    ['convert', 'accompany'],
    ['hold', 'pass'],
    ['refuse', 'pass'],
    ['pass', 'pass'],
  ] as const) {
    it(`that a policy without a basis would ${wanted} is not withheld`, () => {
      expect(officeTreatment({ ...builtInInbound, office: wanted }, file, 0)).toBe(without)
    })
  }

  for (const [policies, treatment] of [
    [[wanting('pass'), wanting('convert')], 'convert'],
    [[wanting('convert'), wanting('hold')], 'hold'],
    [[wanting('refuse'), wanting('pass')], 'hold'],
    [[wanting('pass'), builtInInbound], 'accompany'],
    [[wanting('convert'), builtInInbound], 'accompany'],
    [[wanting('hold'), { ...builtInInbound, office: 'pass' }], 'pass'],
  ] as const) {
    const names = policies.map(
      (each) => `${each.office}${'withholdingBasis' in each ? '' : ' without basis'}`,
    )
    it(`for ${names.join(' and ')} together: ${treatment}`, () => {
      expect(sharedOfficeTreatment(policies, file, 0)).toBe(treatment)
    })
  }
})

describe('a mail whose Office file the policy refuses', () => {
  const facts = inboundFacts(bySpf, {
    office: [{ ...file, path: [1], fileName: 'Gehälter Müller.docx', macros: true, externalLinks: false }],
  })
  const question = { ...inboundQuestion, facts }

  it('is refused in both languages by type, not by name, and says what to do', () => {
    const outcome = decideInbound({ ...question, policy: wanting('refuse') })
    if (outcome.kind !== 'reject') throw new Error(outcome.kind)
    expect(outcome.hard).toBe(false)
    const text = outcome.reply.lines.join('\n')
    expect([outcome.reply.code, outcome.reply.enhancedStatus]).toEqual([550, '5.7.1'])
    for (const said of ['docx', 'Makros', 'senden Sie ein PDF', 'send a PDF']) expect(text).toContain(said)
    expect(text).not.toContain('Geh')
  })

  it('is delivered without a basis', () => {
    const policy = { ...builtInInbound, office: 'refuse' as const }
    expect(decideInbound({ ...question, policy })).toEqual({ kind: 'deliver' })
  })
})
