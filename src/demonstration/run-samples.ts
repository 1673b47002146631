import { describeDecision, type Sample } from './sample.ts'
import { inboundSamples } from './samples-inbound.ts'
import { outboundSamples } from './samples-outbound.ts'
import type { Site } from './start-site.ts'

/** A row of the table. */
export interface SampleRow {
  readonly sample: string
  readonly direction: 'outbound' | 'inbound'
  /** What Postfix answered, lines joined by LF. */
  readonly reply: string
  /** What arrived. */
  readonly outcome: string
  /** From the gateway's decision log, a decision each. */
  readonly why: readonly string[]
  readonly ok: boolean
}

/** Sends all samples, one after the other: later ones rest on what the gateway learned from earlier ones. */
export async function* runSamples(site: Site): AsyncGenerator<SampleRow> {
  for (const sample of [...outboundSamples, ...inboundSamples]) {
    if (sample.needsMx && site.withoutMx !== undefined) continue
    yield await runSample(site, sample)
  }
}

/** Sends one sample and looks at what came of it. */
export async function runSample(site: Site, sample: Sample): Promise<SampleRow> {
  const { name, direction } = sample
  const before = site.events().length
  const why = () =>
    site
      .events()
      .slice(before)
      .filter((event) => event.event === 'decided' && event.direction === direction)
      .map(describeDecision)
  try {
    const { reply, outcome } = await sample.run(site)
    return { sample: name, direction, reply, outcome, why: distinct(why()), ok: true }
  } catch (error) {
    const outcome = error instanceof Error ? error.message : String(error)
    return { sample: name, direction, reply: '', outcome, why: distinct(why()), ok: false }
  }
}

/** A mail that waits is decided again at each try of Postfix. */
function distinct(lines: readonly string[]): string[] {
  return [...new Set(lines)]
}
