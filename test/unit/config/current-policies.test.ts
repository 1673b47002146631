import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { ConfigProblem } from '../../../src/config/config-problem.ts'
import { CurrentPolicies } from '../../../src/config/current-policies.ts'
import { pollUntil } from '../../../src/demonstration/poll-until.ts'
import { outboundPolicyFor } from '../../../src/policy/find-policy.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const rule = (protection: string) => `outbound: { default: { protection: [${protection}] } }\n`

/** A site with one policy file, its policies open, and what they reported. */
async function openSite(text = rule('smime')) {
  const folder = temporaryFolder()
  const policies = join(folder.path, 'policies')
  const lastGoodFile = join(folder.path, 'last-good-policies.json')
  mkdirSync(policies)
  const file = join(policies, '10.yaml')
  writeFileSync(file, text)
  const problems: string[] = []
  const open = () =>
    CurrentPolicies.open({
      folder: policies,
      lastGoodFile,
      onProblem: (error, inForce) => problems.push(`${inForce}: ${error.message}`),
    })
  return {
    folder,
    policies,
    lastGoodFile,
    file,
    problems,
    open,
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  }
}

const defaultOf = (current: CurrentPolicies) =>
  outboundPolicyFor(current.inForce, 'a@b.example').protection.join()
const becomes = (current: CurrentPolicies, protection: string) =>
  pollUntil(`${protection} to come into force`, () => defaultOf(current) === protection)

describe('An edit takes effect while we run', () => {
  for (const [how, edit] of [
    ['written in place', (file: string, text: string) => writeFileSync(file, text)],
    [
      'renamed over the file',
      (file: string, text: string) => {
        writeFileSync(`${file}.new`, text)
        renameSync(`${file}.new`, file)
      },
    ],
    [
      'as a file taken away and made again',
      (file: string, text: string) => {
        rmSync(file)
        writeFileSync(file, text)
      },
    ],
  ] as const) {
    it(how, async () => {
      using site = await openSite()
      await using current = await site.open()
      const before = current.inForce
      edit(site.file, rule('pdf'))
      await becomes(current, 'pdf')
      expect(current.status()).toMatchObject({ generation: 2 })
      edit(site.file, rule('tls'))
      await becomes(current, 'tls')
      expect(current.inForce.generation).toBe(3)
      // A message that began with the first set keeps it.
      expect([before.generation, before.outbound.get('default')]).toEqual([1, { protection: ['smime'] }])
      expect(site.problems).toEqual([])
    })
  }

  it('as another file', async () => {
    using site = await openSite()
    await using current = await site.open()
    writeFileSync(join(site.policies, '20.yml'), 'outbound: { b.example: { protection: [pdf] } }')
    await becomes(current, 'pdf')
    rmSync(join(site.policies, '20.yml'))
    await becomes(current, 'smime')
  })

  it('as another folder under the same name', async () => {
    using site = await openSite()
    await using current = await site.open()
    renameSync(site.policies, `${site.policies}.old`)
    await pollUntil('the missing folder to be noticed', () => current.status().lastError)
    expect(defaultOf(current)).toBe('smime')
    mkdirSync(site.policies)
    writeFileSync(site.file, rule('pdf'))
    await becomes(current, 'pdf')
    writeFileSync(site.file, rule('tls'))
    await becomes(current, 'tls')
  })
})

describe('A broken edit', () => {
  it('leaves the old set in force, loudly, until it is repaired', async () => {
    using site = await openSite()
    await using current = await site.open()
    writeFileSync(site.file, rule('smim'))
    await pollUntil('the mistake to be reported', () => site.problems.length > 0)
    expect(site.problems[0]).toBe(
      `1: ${site.file}:1:37: outbound.default.protection[0]: \`smim\` is none of smime, openpgp, pdf, tls, none, did you mean \`smime\`?`,
    )
    expect(current.status()).toMatchObject({
      generation: 1,
      lastError: { problems: [{ file: site.file, line: 1 }] },
    })
    expect(defaultOf(current)).toBe('smime')
    writeFileSync(site.file, rule('smime'))
    await pollUntil('the mistake to be gone', () => current.status().lastError === undefined)
    expect(current.status().generation).toBe(1)
  })

  it('is told to whoever asks for a reload', async () => {
    using site = await openSite()
    await using current = await site.open()
    expect(await current.reload()).toEqual({ kind: 'unchanged', generation: 1 })
    writeFileSync(site.file, rule('pdf'))
    // Two at once come one after the other; whoever is second finds nothing new.
    const reloads = await Promise.all([current.reload(), current.reload()])
    expect(reloads.map(({ kind }) => kind).sort()).toEqual(['loaded', 'unchanged'])
    writeFileSync(site.file, '')
    expect(await current.reload()).toMatchObject({
      kind: 'refused',
      generation: 2,
      problems: [{ message: 'the file is empty' }],
    })
    rmSync(site.file)
    expect(await current.reload()).toMatchObject({ kind: 'refused', generation: 2 })
    expect(defaultOf(current)).toBe('pdf')
  })
})

describe('A start', () => {
  it('with broken policies takes those last in force, under their generation, and says so', async () => {
    using site = await openSite()
    {
      await using current = await site.open()
      writeFileSync(site.file, rule('pdf'))
      await current.reload()
    }
    writeFileSync(site.file, 'outbound: [')
    await using current = await site.open()
    expect(defaultOf(current)).toBe('pdf')
    expect(current.status()).toMatchObject({ generation: 2, lastError: { problems: [{ file: site.file }] } })
    expect(site.problems).toEqual([expect.stringMatching(/^2: .*10\.yaml:1:/)])
    writeFileSync(site.file, rule('tls'))
    await becomes(current, 'tls')
    expect(current.inForce.generation).toBe(3)
  })

  it('with the same policies keeps their generation, with others it counts on', async () => {
    using site = await openSite()
    for (const [text, generation] of [
      [rule('smime'), 1],
      [rule('smime'), 1],
      [rule('pdf'), 2],
    ] as const) {
      writeFileSync(site.file, text)
      await using current = await site.open()
      expect(current.inForce.generation).toBe(generation)
    }
  })

  it('with broken policies and nothing stored is refused', async () => {
    using site = await openSite('outbound: [')
    await expect(site.open()).rejects.toBeInstanceOf(ConfigProblem)
  })

  for (const [what, spoil] of [
    ['cut', (text: string) => text.slice(0, -10)],
    ['changed', (text: string) => text.replace('[smime]', '[none]')],
    ['emptied', () => ''],
  ] as const) {
    it(`with broken policies and ${what} stored ones is refused: no mail is judged by what nobody wrote`, async () => {
      using site = await openSite()
      await (await site.open())[Symbol.asyncDispose]()
      writeFileSync(site.lastGoodFile, spoil(readFileSync(site.lastGoodFile, 'utf8')))
      writeFileSync(site.file, 'outbound: [')
      await expect(site.open()).rejects.toThrow(`${site.file}:1:`)
    })
  }
})

test('A set comes into force even if it cannot be stored for a restart, and that is said', async () => {
  using site = await openSite()
  await using current = await site.open()
  rmSync(site.lastGoodFile)
  mkdirSync(site.lastGoodFile)
  writeFileSync(join(site.lastGoodFile, 'in-the-way'), '')
  writeFileSync(site.file, rule('pdf'))
  expect(await current.reload()).toEqual({ kind: 'loaded', generation: 2 })
  expect(site.problems[0]).toContain('cannot be kept for a restart')
})

test('No reading sees a half-written folder as a whole one', async () => {
  using site = await openSite()
  const other = join(site.policies, '20.yaml')
  writeFileSync(other, 'outbound: { x.example: { protection: [pdf] } }\n')
  await using current = await site.open()
  for (let round = 0; round < 20; round++) {
    const reading = current.reload()
    writeFileSync(other, '')
    rmSync(other)
    writeFileSync(other, `outbound: { x.example: { protection: [pdf] } } # ${round}\n`)
    await reading
    expect(outboundPolicyFor(current.inForce, 'a@x.example').protection).toEqual(['pdf'])
    expect(current.inForce.outbound.size).toBe(2)
  }
})

test('Any wrong character in a file while we run is refused by its place, or makes another whole set', async () => {
  const sample = readFileSync(join(import.meta.dirname, '../../../policies/30-partners.yaml'), 'utf8')
  using site = await openSite(sample)
  await using current = await site.open()
  const character = fc.constantFrom(...':-#{}[],&*!|>"\'%@`\t\n\0 ax9ü'.split(''))
  await fc.assert(
    fc.asyncProperty(fc.nat(sample.length - 1), character, async (at, wrong) => {
      const before = current.inForce
      writeFileSync(site.file, sample.slice(0, at) + wrong + sample.slice(at + 1))
      const result = await current.reload()
      expect(current.inForce.outbound.size).toBeGreaterThan(0)
      expect(result.generation).toBe(current.inForce.generation)
      if (result.kind !== 'refused') return
      expect(current.inForce).toBe(before)
      expect(current.status().lastError?.problems).toBe(result.problems)
      for (const { file, line, column } of result.problems) {
        expect([file, line > 0, column > 0]).toEqual([site.file, true, true])
      }
    }),
    { numRuns: 100 },
  )
})

test('What an editor keeps beside a file is no policy', async () => {
  using site = await openSite()
  await using current = await site.open()
  for (const name of ['.10.yaml.swp', '.#10.yaml', '10.yaml~', '#10.yaml#', 'README']) {
    writeFileSync(join(site.policies, name), 'not: [a policy')
  }
  expect(await current.reload()).toEqual({ kind: 'unchanged', generation: 1 })
})
