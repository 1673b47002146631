import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Scan } from '../../../src/inspection/clamd.ts'
import { believeFreshSignatures, signaturesBuiltAt } from '../../../src/inspection/fresh-signatures.ts'
import type { ScanResult } from '../../../src/message/facts.ts'

const built = new Date(2026, 10, 21, 8, 30, 0)
const version = 'ClamAV 1.4.6/27500/Sat Nov 21 08:30:00 2026'
const hours = (count: number) => new Date(built.getTime() + count * 3_600_000)
const never = new AbortController().signal

async function* nothing(): AsyncGenerator<Uint8Array> {}
const scanSaying =
  (result: ScanResult): Scan =>
  async () =>
    result
const clean = (signatures: string) => scanSaying({ kind: 'clean', signatures })

describe('a scan', () => {
  for (const [what, signatures, at, kind] of [
    ['signatures of today', version, hours(10), 'clean'],
    ['signatures of 72 hours ago', version, hours(72), 'clean'],
    ['signatures of more than 72 hours ago', version, hours(72.01), 'unknown'],
    ['signatures of ten years ago, or a clock ten years ahead', version, hours(87_660), 'unknown'],
    ['signatures from another time zone', version, hours(-14), 'clean'],
    ['signatures of a year to come', version, hours(-8766), 'unknown'],
    ['signatures without date', 'ClamAV 1.4.6', hours(1), 'unknown'],
  ] as const) {
    it(`by ${what} is ${kind}`, async () => {
      const scan = believeFreshSignatures(clean(signatures), { required: true, now: () => at })
      expect((await scan(nothing(), never)).kind).toBe(kind)
    })
  }

  it('finds what it finds, however old its signatures are', async () => {
    const found: ScanResult = { kind: 'infected', name: 'Doc.Agent', signatures: version }
    const scan = believeFreshSignatures(scanSaying(found), { required: true, now: () => hours(1000) })
    expect(await scan(nothing(), never)).toEqual({ ...found, signaturesBuiltAt: built })
  })

  it('without dated signatures is believed where the settings say so', async () => {
    const options = { required: false, now: () => hours(1000) }
    const scan = believeFreshSignatures(clean('ClamAV 1.4.6'), options)
    expect(await scan(nothing(), never)).toEqual({ kind: 'clean', signatures: 'ClamAV 1.4.6' })
  })
})

for (const [text, at] of [
  [version, built],
  ['ClamAV 1.0.7/1/Mon Mar  2 00:00:00 2026', new Date(2026, 2, 2)],
  ['ClamAV 1.4.6', undefined],
  ['ClamAV 1.4.6/27500', undefined],
  ['ClamAV 1.4.6/27500/Sat Nov 31 08:30:00 2026', undefined],
  ['ClamAV 1.4.6/27500/Sat Foo 21 08:30:00 2026', undefined],
  [`${version}\nClamAV 1.4.6/27500/Sat Nov 21 08:30:00 2030`, undefined],
] as const) {
  test(`the version ${JSON.stringify(text)} tells ${at ? 'the date of its signatures' : 'no date'}`, () => {
    expect(signaturesBuiltAt(text)).toEqual(at)
  })
}

test('a version of any kind tells a date or none', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(signaturesBuiltAt(`ClamAV 1/2/${text}`)?.getTime()).not.toBeNaN()
    }),
  )
})
