import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { commands, optionTable } from '../../src/cli/commands.ts'
import { describeSettings } from '../../src/config/describe-settings.ts'
import { refusalCases } from '../../src/decision/refusal-cases.ts'
import { builtInInbound, builtInOutbound } from '../../src/policy/find-policy.ts'
import {
  AllowEntry,
  BlockEntry,
  InboundRule,
  OfficeRule,
  OutboundRule,
  OwnDomainException,
  PartnerRule,
  TrustedSealer,
} from '../../src/policy/policy.ts'
import { shippedWeights, Weights } from '../../src/trust/weights.ts'

const file = new URL('../../README.md', import.meta.url)

const row = (...cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

/** The parts of the README that are made from the tables of the code. `UPDATE_README=1 npm test` writes them. */
const sections: Record<string, () => string[]> = {
  commands: () => [
    row('command', 'does'),
    row('---', '---'),
    ...commands.map(({ name, usage, summary }) => row(`\`${`${name} ${usage}`.trim()}\``, summary)),
    ...Object.entries(optionTable).map(([name, { help }]) =>
      row(`\`--${name}\``, help.replace(/\s+/g, ' ').trim()),
    ),
  ],
  settings: () => [
    row('setting', 'default', 'meaning'),
    row('---', '---', '---'),
    ...describeSettings().map(({ key, default: value, required, description }) =>
      row(
        `\`${key}\``,
        value === undefined ? (required ? 'none, must be set' : '') : `\`${value}\``,
        description,
      ),
    ),
  ],
  policies: () => [
    row('setting', 'built in', 'meaning'),
    row('---', '---', '---'),
    ...rows('outbound.PATTERN', OutboundRule.shape, builtInOutbound),
    ...rows('inbound.PATTERN', InboundRule.shape, {
      ...builtInInbound,
      hold: `${builtInInbound.hold / 3_600_000}h`,
      keepReleased: `${builtInInbound.keepReleased / 86_400_000}d`,
    }),
    ...rows('inbound.PATTERN.officeRules[]', OfficeRule.shape, {}),
    ...rows('partners.PATTERN', PartnerRule.shape, {}),
    ...rows('block[]', BlockEntry.shape, {}),
    ...rows('allow[]', AllowEntry.shape, { points: 40 }),
    ...rows('ownDomain[]', OwnDomainException.shape, {}),
    ...rows('sealers[]', TrustedSealer.shape, {}),
  ],
  weights: () => [
    row('setting', 'built in', 'meaning'),
    row('---', '---', '---'),
    ...Object.entries(shippedWeights).flatMap(([group, weights]) =>
      Object.entries(weights).map(([name, value]) =>
        row(`\`trust.${group}.${name}\``, `\`${value}\``, describedWeight(group, name)),
      ),
    ),
  ],
  refusals: () => [
    row('number', 'reply', 'reason'),
    row('---', '---', '---'),
    ...Object.values(refusalCases)
      .toSorted((a, b) => a.number - b.number)
      .map(({ number, code, status, en }) =>
        row(`${number}`, `\`${code} ${status}\``, en.reason.replace(/(?:: \{\}|\.)$/, '').replace('{}', '…')),
      ),
  ],
}

/** The description in the JSON Schema, which is what editors show. */
function describedWeight(group: string, name: string): string {
  const { properties } = z.toJSONSchema(Weights, { io: 'input' }) as {
    properties: Record<string, { properties: Record<string, { description: string }> }>
  }
  return properties[group]?.properties[name]?.description ?? ''
}

function rows(prefix: string, shape: Record<string, unknown>, builtIn: Record<string, unknown>): string[] {
  return Object.entries(shape).map(([name, schema]) => {
    const value = builtIn[name]
    const shown =
      value === undefined ? '' : `\`${Array.isArray(value) ? `[${value.join(', ')}]` : String(value)}\``
    return row(`\`${prefix}.${name}\``, shown, describedBy(schema))
  })
}

function describedBy(schema: unknown): string {
  const { description, unwrap } = schema as { description?: string; unwrap?: () => unknown }
  if (description !== undefined) return description
  return unwrap ? describedBy(unwrap.call(schema)) : ''
}

describe('the README', () => {
  for (const [name, make] of Object.entries(sections)) {
    it(`lists the ${name} that the code knows`, () => {
      const readme = readFileSync(file, 'utf8')
      const [before, rest] = readme.split(`<!-- ${name} -->\n`)
      const [written, after] = (rest ?? '').split(`<!-- /${name} -->`)
      expect(after).toBeDefined()
      const wanted = `${make().join('\n')}\n`
      if (process.env.UPDATE_README && written !== wanted) {
        writeFileSync(file, `${before}<!-- ${name} -->\n${wanted}<!-- /${name} -->${after}`)
      } else expect(written).toBe(wanted)
    })
  }
})

describe('the map of the house', () => {
  it('gives a reason for every dependency', () => {
    const map = readFileSync(new URL('../../src/README.md', import.meta.url), 'utf8')
    const lock = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Record<
      string,
      Record<string, string>
    >
    const names = ['dependencies', 'optionalDependencies', 'devDependencies'].flatMap((kind) =>
      Object.keys(lock[kind] ?? {}),
    )
    const missing = names.filter((name) => !name.startsWith('@types/') && !map.includes(name))
    expect(missing).toEqual([])
  })
})
