import { describe, expect, it, test } from 'vitest'
import { combineOutbound, treatmentKey } from '../../../src/decision/combine-outbound.ts'
import { decideOutbound, type OutboundQuestion } from '../../../src/decision/decide-outbound.ts'
import type { OutboundOutcome, Treatment } from '../../../src/decision/outcome.ts'
import { type Flag, flagWords } from '../../../src/decision/subject-flags.ts'
import { builtInOutbound } from '../../../src/policy/find-policy.ts'
import type { OutboundPolicy } from '../../../src/policy/policy.ts'
import { treatment } from '../../support/outbound.ts'

const nothing = { smime: false, openpgp: false, pdf: false }
const question: OutboundQuestion = {
  recipient: 'ann@client.example',
  isOwn: false,
  policy: builtInOutbound,
  usable: nothing,
  signers: { smime: true, openpgp: false },
  asked: { flags: new Set(), unknown: [] },
  content: { author: { kind: 'none' }, isCalendar: false, detected: [] },
}

/** What a case changes, in short. */
interface Change {
  readonly policy?: Partial<OutboundPolicy>
  /** What can be used; `*` is all. */
  readonly usable?: '*' | readonly (keyof OutboundQuestion['usable'])[]
  readonly flags?: readonly Flag[]
  readonly signers?: OutboundQuestion['signers']
  readonly content?: Partial<OutboundQuestion['content']>
  readonly recipient?: string
  readonly isOwn?: boolean
  readonly mayAppear?: boolean
  readonly awaitsRevocation?: boolean
  readonly unknown?: readonly string[]
}

function decided({
  policy,
  usable = [],
  flags = [],
  content,
  unknown = [],
  ...rest
}: Change): OutboundOutcome {
  const can = (way: keyof OutboundQuestion['usable']) => usable === '*' || usable.includes(way)
  return decideOutbound({
    ...question,
    ...rest,
    policy: { ...builtInOutbound, ...policy },
    usable: { smime: can('smime'), openpgp: can('openpgp'), pdf: can('pdf') },
    asked: { flags: new Set(flags), unknown },
    content: { ...question.content, ...content },
  })
}

function summary(outcome: OutboundOutcome): string {
  if (outcome.kind !== 'deliver') return `${outcome.reply.code} ${outcome.reply.enhancedStatus}`
  const { protection, sign, byAuthor, neutralSubject } = outcome.treatment
  return [
    protection,
    ...(sign ? ['signed'] : []),
    ...(byAuthor ? ['by its author'] : []),
    ...(neutralSubject ? ['no subject'] : []),
  ].join(', ')
}

const bothSigners = { smime: true, openpgp: true }
const noSigner = { smime: false, openpgp: false }
type Case = readonly [what: string, change: Change, expected: string]

function table(cases: readonly Case[]): void {
  for (const [what, change, expected] of cases) {
    it(what, () => {
      expect(summary(decided(change))).toBe(expected)
    })
  }
}

describe('a message to a recipient', () => {
  table([
    ['with a certificate is encrypted to it', { usable: '*' }, 'smime, signed'],
    [
      'with an OpenPGP key only is encrypted to that, and signed by OpenPGP or not at all',
      { usable: ['openpgp', 'pdf'] },
      'openpgp',
    ],
    [
      'with an OpenPGP key is signed by an author who has one',
      { usable: ['openpgp'], signers: bothSigners },
      'openpgp, signed',
    ],
    ['with only a password becomes a PDF', { usable: ['pdf'] }, 'pdf, signed'],
    [
      'goes by what the policy names first',
      { usable: '*', policy: { protection: ['openpgp', 'smime'] } },
      'openpgp',
    ],
    ['with nothing waits', {}, '451 4.7.1'],
    [
      'waits instead while a key server that might have a key is down',
      { policy: { otherwise: 'reject' }, mayAppear: true },
      '451 4.7.1',
    ],
    [
      'bounces where no key would help',
      { policy: { protection: ['pdf'], otherwise: 'reject' }, mayAppear: true },
      '550 5.7.5',
    ],
    [
      'takes the next way rather than wait for a key server',
      { policy: { protection: ['openpgp', 'pdf'], otherwise: 'reject' }, usable: ['pdf'], mayAppear: true },
      'pdf, signed',
    ],
    ['with nothing bounces where the policy says so', { policy: { otherwise: 'reject' } }, '550 5.7.5'],
    [
      'never goes in the clear because a certificate is missing',
      { policy: { protection: ['smime'] } },
      '451 4.7.1',
    ],
    ['goes in the clear where the policy says none', { policy: { protection: ['none'] } }, 'none, signed'],
    ['of a TLS partner is left to the transport', { policy: { protection: ['tls'] } }, 'tls, signed'],
    [
      'at an IP address never counts as protected by TLS',
      { recipient: 'ann@[192.0.2.1]', policy: { protection: ['tls'] } },
      '451 4.7.1',
    ],
  ])
})

describe('while nobody can say whether the certificate of the recipient was revoked, mail', () => {
  const awaitsRevocation = true
  table([
    ['waits', { awaitsRevocation }, '451 4.7.1'],
    ['waits rather than bounce', { awaitsRevocation, policy: { otherwise: 'reject' } }, '451 4.7.1'],
    ['takes another way', { awaitsRevocation, usable: ['pdf'] }, 'pdf, signed'],
    [
      'of a TLS partner leaves',
      { awaitsRevocation, policy: { protection: ['smime', 'tls'] } },
      'tls, signed',
    ],
    ['that needs no protection leaves', { awaitsRevocation, policy: { protect: 'flagged' } }, 'none, signed'],
    [
      'that its author has encrypted leaves',
      { awaitsRevocation, content: { author: { kind: 'encrypted', format: 'openpgp' } } },
      'openpgp, by its author',
    ],
    [
      'that no certificate would help bounces',
      { awaitsRevocation, policy: { protection: ['openpgp'], otherwise: 'reject' } },
      '550 5.7.5',
    ],
  ])
})

describe('while nobody can say whether the certificate of the author was revoked, mail', () => {
  const signers = { smime: false, openpgp: false, awaitsRevocation: true }
  table([
    ['waits rather than leave unsigned', { signers, usable: ['smime'] }, '451 4.7.1'],
    ['waits rather than come back', { signers, usable: ['smime'], policy: { sign: 'always' } }, '451 4.7.1'],
    ['that is never signed leaves', { signers, usable: ['smime'], policy: { sign: 'never' } }, 'smime'],
    ['by OpenPGP leaves', { signers: { ...signers, openpgp: true }, usable: ['openpgp'] }, 'openpgp, signed'],
    [
      'that he signed himself leaves',
      { signers, usable: ['smime'], content: { author: { kind: 'signed' } } },
      'smime, signed',
    ],
    [
      'that he encrypted himself leaves',
      { signers, content: { author: { kind: 'encrypted', format: 'smime' } } },
      'smime, by its author',
    ],
  ])
})

describe('a signature', () => {
  table([
    ['is left out where the policy says never', { policy: { protection: ['tls'], sign: 'never' } }, 'tls'],
    ['is left out without a certificate of the author', { signers: noSigner, usable: ['smime'] }, 'smime'],
    [
      'that must be refuses a mail without certificate',
      { signers: noSigner, usable: '*', policy: { sign: 'always' } },
      '550 5.7.5',
    ],
    [
      'that must be leads past a way on which the author cannot sign',
      { usable: '*', policy: { sign: 'always', protection: ['openpgp', 'smime'] } },
      'smime, signed',
    ],
    [
      'that the sender asks for must be',
      { flags: ['sign'], signers: noSigner, policy: { protection: ['none'] } },
      '550 5.7.5',
    ],
    [
      'that the sender asks for is made though the policy makes none',
      { flags: ['sign'], policy: { protection: ['none'], sign: 'never' } },
      'none, signed',
    ],
    [
      'by the author’s own program is enough',
      {
        signers: noSigner,
        usable: ['smime'],
        policy: { sign: 'always' },
        content: { author: { kind: 'signed' } },
      },
      'smime',
    ],
    [
      'by the author’s own program is not one of the PDF around it',
      {
        signers: noSigner,
        usable: ['pdf'],
        policy: { sign: 'always', protection: ['pdf'] },
        content: { author: { kind: 'signed' } },
      },
      '550 5.7.5',
    ],
  ])
})

const flagged: Partial<OutboundPolicy> = { protect: 'flagged' }
const detects: Partial<OutboundPolicy> = { protect: 'detected' }

describe('what must be protected', () => {
  table([
    ['is nothing that nobody flags', { usable: '*', policy: flagged }, 'none, signed'],
    ['is what its sender flags', { usable: '*', policy: flagged, flags: ['encrypt'] }, 'smime, signed'],
    ['waits if it is flagged and cannot be protected', { policy: flagged, flags: ['encrypt'] }, '451 4.7.1'],
    ['is nothing in which nothing is detected', { usable: '*', policy: detects }, 'none, signed'],
    [
      'is what something is detected in',
      { usable: '*', policy: detects, content: { detected: ['iban'] } },
      'smime, signed',
    ],
    ['is what nobody could read', { policy: detects, content: { detected: ['unread'] } }, '451 4.7.1'],
    [
      'is what is flagged though nothing is detected',
      { usable: ['pdf'], policy: detects, flags: ['confidential'] },
      'pdf, signed, no subject',
    ],
  ])
})

describe('a flag', () => {
  table([
    [
      'encrypt keeps a mail out of the clear that the policy would let go',
      { policy: { protection: ['smime', 'none'] }, flags: ['encrypt'] },
      '451 4.7.1',
    ],
    [
      'encrypt protects a mail of which the policy asks nothing',
      { usable: ['pdf'], policy: { protection: ['none'] }, flags: ['encrypt'] },
      'pdf, signed',
    ],
    [
      'encrypt is content with the TLS that was agreed',
      { policy: { protection: ['tls'] }, flags: ['encrypt'] },
      'tls, signed',
    ],
    ['pdf makes a PDF though there is a certificate', { usable: '*', flags: ['pdf'] }, 'pdf, signed'],
    [
      'pdf makes one where the policy has TLS only',
      { usable: ['pdf'], policy: { protection: ['tls'] }, flags: ['pdf'] },
      'pdf, signed',
    ],
    [
      'pdf waits for a password rather than leave readable',
      { policy: { protection: ['pdf', 'tls'] }, flags: ['pdf'] },
      '451 4.7.1',
    ],
    [
      'pdf comes back where the policy wants certificates only',
      { usable: '*', policy: { protection: ['smime'] }, flags: ['pdf'] },
      '550 5.7.1',
    ],
    [
      'confidential encrypts and hides the subject',
      { usable: '*', policy: flagged, flags: ['confidential'] },
      'smime, signed, no subject',
    ],
    ['plain comes back where the policy does not permit it', { usable: '*', flags: ['plain'] }, '550 5.7.1'],
    [
      'plain comes back even if the clear is the last resort of the policy',
      { usable: '*', policy: { protection: ['smime', 'none'] }, flags: ['plain'] },
      '550 5.7.1',
    ],
    [
      'plain sends in the clear where the policy permits it',
      { usable: '*', policy: { plain: true }, flags: ['plain'] },
      'none, signed',
    ],
    [
      'plain changes nothing where all goes in the clear',
      { policy: { protection: ['none'] }, flags: ['plain'] },
      'none, signed',
    ],
    [
      'plain does not outweigh what was detected',
      { usable: '*', policy: detects, content: { detected: ['iban'] }, flags: ['plain'] },
      '550 5.7.1',
    ],
    [
      'plain beside encrypt comes back, whatever the policy',
      { usable: '*', policy: { plain: true }, flags: ['plain', 'encrypt'] },
      '550 5.7.1',
    ],
    ['that nobody knows comes back', { usable: '*', unknown: ['encypt'] }, '550 5.6.0'],
    [
      'asks nothing of mail among ourselves, which does not leave the house',
      { isOwn: true, policy: { protection: ['none'] }, flags: ['encrypt', 'pdf'] },
      'none, signed',
    ],
  ])

  test('never takes protection away', () => {
    const strict: readonly Partial<OutboundPolicy>[] = [
      {},
      { protection: ['smime'] },
      { protection: ['smime', 'tls'] },
      { protection: ['pdf', 'tls'], otherwise: 'reject' },
      { ...detects, protection: ['smime', 'pdf'] },
    ]
    const sets = Array.from({ length: 2 ** flagWords.length }, (_, bits) =>
      flagWords.filter((_, index) => bits & (1 << index)),
    )
    for (const policy of strict) {
      for (const flags of sets) {
        for (const usable of [[], ['smime'], ['pdf'], ['openpgp'], '*'] as const) {
          const outcome = decided({ policy, flags, usable, content: { detected: ['iban'] } })
          if (outcome.kind === 'deliver') expect(outcome.treatment.protection).not.toBe('none')
        }
      }
    }
  })
})

describe('an invitation', () => {
  const content = { isCalendar: true }
  table([
    ['is protected as any other mail', { usable: '*', content }, 'smime, signed'],
    [
      'goes as it is where the policy passes it and permits the clear',
      { usable: '*', policy: { calendar: 'pass', protection: ['smime', 'none'] }, content },
      'none',
    ],
    [
      'goes by TLS where that was agreed',
      { usable: '*', policy: { calendar: 'pass', protection: ['smime', 'tls'] }, content },
      'tls',
    ],
    [
      'goes as it is where nothing need be protected',
      { policy: { ...flagged, calendar: 'pass' }, content },
      'none',
    ],
    [
      'is signed if its sender asks for that',
      { policy: { ...flagged, calendar: 'pass' }, content, flags: ['sign'] },
      'none, signed',
    ],
    [
      'never goes in the clear because it is passed',
      { usable: '*', policy: { calendar: 'pass' }, content },
      'smime, signed',
    ],
    [
      'is protected if its sender says so',
      {
        usable: '*',
        policy: { calendar: 'pass', protection: ['smime', 'none'] },
        content,
        flags: ['encrypt'],
      },
      'smime, signed',
    ],
    [
      'is protected if something is detected in it',
      {
        usable: '*',
        policy: { ...detects, calendar: 'pass', protection: ['smime', 'none'] },
        content: { ...content, detected: ['iban'] },
      },
      'smime, signed',
    ],
  ])
})

describe('what its author encrypted', () => {
  table([
    [
      'leaves as it is, whatever the policy would use',
      { policy: { protection: ['pdf'] }, content: { author: { kind: 'encrypted', format: 'smime' } } },
      'smime, by its author',
    ],
    [
      'leaves though we could not sign it',
      {
        signers: noSigner,
        policy: { sign: 'always' },
        content: { author: { kind: 'encrypted', format: 'openpgp' } },
      },
      'openpgp, by its author',
    ],
  ])
})

test('the record names flags and detectors', () => {
  const outcome = decided({
    usable: '*',
    policy: detects,
    flags: ['sign'],
    content: { detected: ['iban', 'word'] },
  })
  expect(outcome).toMatchObject({ because: ['flag sign', 'detected iban', 'detected word'] })
})

test('the record of a mail that waits, or comes back, names them too', () => {
  expect(decided({ policy: detects, content: { detected: ['iban'] } })).toMatchObject({
    kind: 'wait',
    because: ['detected iban'],
  })
  expect(decided({ flags: ['plain'] })).toMatchObject({ kind: 'reject', because: ['flag plain'] })
})

test('a refusal is told in German and English, in lines that SMTP can carry', () => {
  for (const change of [
    { flags: ['plain'] },
    { unknown: ['grün\r\n250 OK'] },
    { policy: { otherwise: 'reject' } },
  ] as const satisfies Change[]) {
    const outcome = decided(change)
    if (outcome.kind !== 'reject') throw new Error('not refused')
    const { lines } = outcome.reply
    expect(lines.join('\n')).toMatch(/^NICHT GESENDET.*NOT SENT/s)
    for (const line of lines) expect(line).toMatch(/^[ -~]{1,200}$/)
  }
})

describe('several recipients of one transaction', () => {
  const deliver = (change: Partial<Treatment>, because: readonly string[] = []): OutboundOutcome => ({
    kind: 'deliver',
    treatment: treatment(change),
    because,
  })

  it('share a body that serves all of them', () => {
    const plan = combineOutbound([
      { recipient: 'a@x', outcome: deliver({ protection: 'smime' }) },
      { recipient: 'b@x', outcome: deliver({ protection: 'smime' }, ['flag encrypt']) },
    ])
    expect(plan).toEqual({ kind: 'deliver', treatment: treatment({ protection: 'smime' }) })
  })

  for (const [what, one, other] of [
    ['protections', { protection: 'pdf' }, { protection: 'none' }],
    ['passwords', { protection: 'pdf' }, { protection: 'pdf' }],
    ['signatures', { sign: true }, { sign: false }],
    ['ciphers', { cipher: 'gcm' }, { cipher: 'auto' }],
    ['subjects', { neutralSubject: true }, { neutralSubject: false }],
  ] as const) {
    it(`come again one by one when they need different ${what}`, () => {
      const plan = combineOutbound([
        { recipient: 'a@x', outcome: deliver(one) },
        { recipient: 'b@x', outcome: deliver(other) },
      ])
      expect(plan).toMatchObject({ kind: 'refuse', reply: { code: 451 } })
    })
  }

  it('never share a PDF, whose password belongs to one', () => {
    const pdf = deliver({ protection: 'pdf' })
    expect(treatmentKey(pdf, 'a@x')).not.toBe(treatmentKey(pdf, 'b@x'))
  })

  it('are none: an empty transaction is deferred', () => {
    expect(combineOutbound([])).toMatchObject({ kind: 'refuse' })
  })
})
