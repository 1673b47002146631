import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { ConfigProblem } from '../../../src/config/config-problem.ts'
import { policySetFrom, readPolicies } from '../../../src/config/read-policies.ts'
import { builtInPolicies, outboundPolicyFor } from '../../../src/policy/find-policy.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const samples = join(import.meta.dirname, '../../../policies')

function complaint(...texts: readonly string[]): string {
  try {
    policySetFrom(
      texts.map((text, index) => ({ file: `${index}.yaml`, text })),
      1,
    )
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigProblem)
    return (error as Error).message
  }
  return 'no complaint'
}

describe('The samples', () => {
  it('load together', async () => {
    const set = await readPolicies(samples, 7)
    expect(set.generation).toBe(7)
    expect(set.outbound.size).toBeGreaterThan(4)
    expect(set.block.length).toBe(2)
  })

  for (const name of readdirSync(samples)) {
    it(`load alone: ${name}`, () => {
      expect(complaint(readFileSync(join(samples, name), 'utf8'))).toBe('no complaint')
    })
  }

  it('let mail leave in the clear for nobody but those of whom they say so', async () => {
    const set = await readPolicies(samples, 1)
    const clear = [...set.outbound.keys()].filter((pattern) => {
      const { protection, protect, plain } = outboundPolicyFor(set, pattern)
      return protection.includes('none') || protect !== 'always' || plain
    })
    expect(clear).toEqual([
      'webshop.example',
      'lieferant.example',
      'hausverwaltung.example',
      'verband.example',
    ])
  })
})

describe('A policy file is refused by place and field for', () => {
  for (const [what, text, message] of [
    [
      'a typo in a setting',
      'outbound:\n  a.example:\n    protecton: [smime]\n',
      '0.yaml:3:5: outbound."a.example".protecton: unknown key `protecton`, did you mean `protection`?',
    ],
    [
      'words that nothing looks for',
      'outbound:\n  a.example:\n    words: [Akte]\n',
      '0.yaml:3:12: outbound."a.example".words: nothing is looked for without `protect: detected`',
    ],
    [
      'a typo in a value',
      'outbound:\n  a.example:\n    protection: [pdf, smim]\n',
      '0.yaml:3:23: outbound."a.example".protection[1]: `smim` is none of smime, openpgp, pdf, tls, none, did you mean `smime`?',
    ],
    [
      'an authority of a partner that would count for everybody',
      'partners:\n  default:\n    authorities: [/etc/postsiegel/ca.pem]\n',
      '0.yaml:2:3: partners.default: authorities for everybody stand in the setting trustAnchors',
    ],
    [
      'a typo in a section',
      'outbuond: {}\n',
      '0.yaml:1:1: outbuond: unknown key `outbuond`, did you mean `outbound`?',
    ],
    [
      'no protection at all',
      'outbound: { default: { protection: [] } }',
      '0.yaml:1:36: outbound.default.protection: too few entries, at least 1',
    ],
    [
      'a value left out',
      'outbound:\n  default:\n    protection:\n',
      '0.yaml:3:16: outbound.default.protection: a list is wanted here, this is nothing',
    ],
    [
      'a rule without settings',
      'outbound:\n  default:\n',
      '0.yaml:2:11: outbound.default: a map is wanted here, this is nothing',
    ],
    [
      'a pattern that is none',
      'outbound: { kunde: { protection: [pdf] } }',
      '0.yaml:1:13: outbound.kunde: not an address, a domain, *.domain or the word default',
    ],
    [
      'a star without quotes',
      'outbound:\n  *.a.example: { sign: never }\n',
      '0.yaml:2:3: a name that begins with * needs quotes, as in "*.example.org"',
    ],
    [
      'one pattern twice',
      'outbound:\n  a.example: { sign: never }\n  a.example: { sign: always }\n',
      '0.yaml:3:3: this key stands here twice',
    ],
    [
      'one pattern in two spellings',
      'outbound:\n  a.example: { sign: never }\n  A.Example: { sign: always }\n',
      '0.yaml:3:3: outbound."A.Example": a.example has a rule already, at 0.yaml:2:3',
    ],
    [
      'something behind none',
      'outbound: { default: { protection: [none, smime] } }',
      '0.yaml:1:37: outbound.default.protection[0]: what stands behind none is never used; none must be the last',
    ],
    [
      'names without TLS',
      'outbound: { a.example: { tlsNames: [mx.b.example] } }',
      '0.yaml:1:36: outbound."a.example".tlsNames: names of a TLS partner, but its protection does not list tls',
    ],
    [
      'a name that is a word of Postfix',
      'outbound: { a.example: { protection: [tls], tlsNames: [hostname] } }',
      '0.yaml:1:56: outbound."a.example".tlsNames[0]: `hostname` is not a host name such as mx1.example.org',
    ],
    [
      'a name that smuggles another setting',
      'outbound: { a.example: { protection: [tls], tlsNames: ["a.b protocols=SSLv3"] } }',
      '0.yaml:1:56: outbound."a.example".tlsNames[0]: `a.b protocols=SSLv3` is not a host name such as mx1.example.org',
    ],
    [
      'limits the wrong way round',
      'inbound: { default: { acceptFrom: -40 } }',
      '0.yaml:1:35: inbound.default.acceptFrom: refuseBelow (-30) is above acceptFrom (-40)',
    ],
    [
      'a limit off the scale',
      'inbound: { default: { acceptFrom: 101 } }',
      '0.yaml:1:35: inbound.default.acceptFrom: too big, at most 100',
    ],
    [
      'a duration without unit',
      'inbound: { default: { hold: 12 } }',
      '0.yaml:1:29: inbound.default.hold: a string is wanted here, this is a number',
    ],
    [
      'a sender that is none',
      'block:\n  - { sender: everybody, reason: x }\n',
      '0.yaml:2:15: block[0].sender: `everybody` is not an address, domain, *.domain, IP address or network',
    ],
    [
      'a network that is none',
      'allow:\n  - { sender: 10.0.0.0/33, reason: x }\n',
      '0.yaml:2:15: allow[0].sender: `10.0.0.0/33` is not an address, domain, *.domain, IP address or network',
    ],
    ['a block without reason', 'block:\n  - sender: a.example\n', '0.yaml:2:5: block[0].reason: is missing'],
    [
      'points that would drown everything',
      'allow:\n  - { sender: a.example, points: 100, reason: x }\n',
      '0.yaml:2:34: allow[0].points: too big, at most 60',
    ],
    [
      'a day that is none',
      'block:\n  - { sender: a.example, reason: x, until: 2027-02-30 }\n',
      '0.yaml:2:44: block[0].until: `2027-02-30` is not a valid ISO date',
    ],
    [
      'an exception by a name that anybody can write',
      'ownDomain:\n  - { sender: boss@kanzlei.example, reason: x }\n',
      '0.yaml:2:15: ownDomain[0].sender: `boss@kanzlei.example` is not an IP address, a network or the domain of a signature',
    ],
    [
      'a forwarder that is no domain',
      'sealers:\n  - { domain: ann@list.example, reason: x }\n',
      '0.yaml:2:15: sealers[0].domain: `ann@list.example` is not a domain',
    ],
    [
      'a weight with the wrong sign',
      'trust: { authentication: { spfFail: 15 } }',
      '0.yaml:1:37: trust.authentication.spfFail: too big, at most 0',
    ],
    [
      'a weight that nobody knows',
      'trust: { relation: { pairfirst: 15 } }',
      'trust.relation.pairfirst: unknown key `pairfirst`, did you mean `pairFirst`?',
    ],
    [
      'a time to come back that is over before',
      'trust: { retry: { until: 4 } }',
      'trust.retry: the sender must have time',
    ],
    ['one language twice', 'inbound: { default: { languages: [de, de] } }', 'languages: each language once'],
    ['an empty file', '', '0.yaml:1:1: the file is empty'],
    ['a file cut in the middle', 'outbound:\n  a.example: { protection: [sm', '0.yaml:2:31: '],
  ] as const) {
    it(what, () => {
      expect(complaint(text)).toContain(message)
    })
  }

  it('a pattern that another file has', () => {
    expect(
      complaint('outbound: { a.example: { sign: never } }', 'outbound: { A.example: { sign: always } }'),
    ).toBe('1.yaml:1:13: outbound."A.example": a.example has a rule already, at 0.yaml:1:13')
  })

  it('weights that another file has', () => {
    expect(complaint('trust: { trust: { most: 60 } }', 'trust: { trust: { healed: 40 } }')).toBe(
      '1.yaml:1:1: trust: the weights of trust stand in one file only, and in 0.yaml:1:1 already',
    )
  })

  it('limits that only together are the wrong way round', () => {
    const texts = [
      'inbound: { a.example: { acceptFrom: -35, refuseBelow: -50 } }',
      'inbound: { x@a.example: { refuseBelow: 0 } }',
    ]
    expect(complaint(...texts)).toBe(
      '1.yaml:1:40: inbound."x@a.example".refuseBelow: refuseBelow (0) is above acceptFrom (-35)',
    )
  })

  it('everything that is wrong in all files at once', () => {
    expect(complaint('outbound: { kunde: {} }', 'inbuond: {}', '').split('\n')).toHaveLength(3)
  })
})

test('A weight that is left out keeps what is shipped, each by itself', () => {
  const { trust } = policySetFrom([{ file: 'a.yaml', text: 'trust: { relation: { pairFirst: 20 } }' }], 1)
  const { trust: shipped } = builtInPolicies
  expect(trust).toEqual({ ...shipped, relation: { ...shipped.relation, pairFirst: 20 } })
})

test('An entry that has ended is no mistake', () => {
  expect(complaint('block: [{ sender: a.example, reason: x, until: 2001-01-01 }]')).toBe('no complaint')
})

test('A folder without policies, or without a folder, is refused', async () => {
  using folder = temporaryFolder()
  await expect(readPolicies(folder.path, 1)).rejects.toThrow('no policy file (*.yaml) in this folder')
  await expect(readPolicies(join(folder.path, 'gone'), 1)).rejects.toThrow('the policy folder cannot be read')
})

test('Any single wrong character gives a whole set or a named place, and never a mail in the clear', () => {
  const files = readdirSync(samples).map((name) => ({
    file: name,
    text: readFileSync(join(samples, name), 'utf8'),
  }))
  const corrupted = fc.record({
    which: fc.nat(files.length - 1),
    where: fc.nat(3000),
    how: fc.constantFrom('replace', 'insert', 'remove'),
    character: fc.oneof(
      fc.constantFrom(...':-#{}[],&*!|>"\'%@`\t\n \0?<~='.split('')),
      fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
    ),
  })
  fc.assert(
    fc.property(corrupted, ({ which, where, how, character }) => {
      const broken = files.map((file, index) => {
        if (index !== which) return file
        const at = where % file.text.length
        const behind = file.text.slice(how === 'insert' ? at : at + 1)
        return { ...file, text: file.text.slice(0, at) + (how === 'remove' ? '' : character) + behind }
      })
      try {
        const set = policySetFrom(broken, 2)
        const clear = [...set.outbound.keys()].filter((pattern) =>
          outboundPolicyFor(set, pattern).protection.includes('none'),
        )
        expect(clear.length).toBeLessThanOrEqual(1)
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigProblem)
        for (const problem of (error as ConfigProblem).problems) {
          expect(problem.file).toBe(files[which]?.file)
          expect(problem.line).toBeGreaterThan(0)
          expect(problem.column).toBeGreaterThan(0)
          expect(problem.message).not.toBe('')
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('a pipe among the policies is named at once, and nobody waits for somebody to write into it', async () => {
  using folder = temporaryFolder()
  execFileSync('mkfifo', [join(folder.path, '50-pipe.yaml')])
  await expect(readPolicies(folder.path, 1)).rejects.toThrow(
    '50-pipe.yaml:1:1: cannot be read: it is no ordinary file',
  )
})

test('a policy file that would keep mail waiting while it is read is refused by its size', async () => {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'large.yaml'), `# ${'x'.repeat(5 * 1024 * 1024)}\noutbound: {}\n`)
  await expect(readPolicies(folder.path, 1)).rejects.toThrow('it is larger than 4194304 bytes')
})

test('a link to a policy file elsewhere is read as that file', async () => {
  using folder = temporaryFolder()
  const elsewhere = join(folder.path, 'elsewhere.txt')
  writeFileSync(elsewhere, 'outbound:\n  partner.example:\n    protection: [tls]\n')
  symlinkSync(elsewhere, join(folder.path, 'link.yaml'))
  expect((await readPolicies(folder.path, 1)).outbound.get('partner.example')?.protection).toEqual(['tls'])
})
