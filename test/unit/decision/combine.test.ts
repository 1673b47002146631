import { expect, it } from 'vitest'
import { combine } from '../../../src/decision/combine.ts'
import type { InboundOutcome } from '../../../src/decision/outcome.ts'

const reply = { code: 550, enhancedStatus: '5.7.1', lines: [] } as const
const outcomes = {
  deliver: { kind: 'deliver' },
  defer: { kind: 'defer', comeAgain: true, why: 'comeAgain', reason: '', reply },
  refuse: { kind: 'reject', hard: false, why: 'trust', heals: true, reason: '', reply },
  hard: { kind: 'reject', hard: true, why: 'malware', heals: false, reason: '', reply },
} as const satisfies Record<string, InboundOutcome>

for (const [ways, decidedBy] of [
  [['deliver'], 0],
  [['refuse', 'deliver'], 1],
  [['refuse', 'defer'], 1],
  [['defer', 'refuse', 'deliver', 'deliver'], 2],
  [['refuse', 'refuse'], 0],
  [['deliver', 'hard'], 1],
  [['hard', 'defer'], 0],
] as const) {
  it(`of ${ways.join(', ')} for its recipients, a message gets ${ways[decidedBy]}`, () => {
    expect(combine(ways.map((way) => outcomes[way]))).toEqual({
      outcome: outcomes[ways[decidedBy] ?? 'hard'],
      decidedBy,
    })
  })
}
