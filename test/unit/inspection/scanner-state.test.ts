import { expect, test } from 'vitest'
import type { Scan } from '../../../src/inspection/clamd.ts'
import { scannerState } from '../../../src/inspection/scanner-state.ts'
import type { ScanResult } from '../../../src/message/facts.ts'

const noon = new Date('2026-03-01T12:00:00Z')
const hoursAgo = (hours: number) => new Date(noon.getTime() - hours * 3_600_000)
const clean = { kind: 'clean', signatures: 'ClamAV 1.4.6' } as const

/** Answers `result`; what is nested deeply it leaves out, saying so or not. */
const scanner =
  (result: ScanResult, tells = true): Scan =>
  async (bytes) => {
    let size = 0
    for await (const piece of bytes) size += piece.length
    return size > 1 && tells ? { kind: 'unknown', reason: 'Heuristics.Limits.Exceeded.MaxRecursion' } : result
  }

for (const [what, scan, said] of [
  ['is as it should be', scanner({ ...clean, signaturesBuiltAt: hoursAgo(24) }), 'ready, ClamAV 1.4.6'],
  ['tells no date', scanner(clean), 'ready, ClamAV 1.4.6'],
  [
    'has signatures of the day before yesterday',
    scanner({ ...clean, signaturesBuiltAt: hoursAgo(49) }),
    'ready, ClamAV 1.4.6; its signatures are 49 hours old: does freshclam run?',
  ],
  [
    'calls clean what it did not look at',
    scanner(clean, false),
    'ready, ClamAV 1.4.6; it calls clean what is above its limits: set "AlertExceedsMax yes" in clamd.conf',
  ],
  [
    'is not there',
    scanner({ kind: 'unknown', reason: 'virus scanner: ENOENT' }),
    'not ready: virus scanner: ENOENT',
  ],
  [
    'finds something in everything',
    scanner({ kind: 'infected', name: 'X', signatures: '' }),
    'not ready: it finds X in an empty line',
  ],
] as const) {
  test(`the status of a scanner that ${what}`, async () => {
    expect(await scannerState(scan, noon, new AbortController().signal)).toBe(said)
  })
}
