import { describe, expect, test } from 'vitest'
import { runSample } from '../../src/demonstration/run-samples.ts'
import { inboundSamples } from '../../src/demonstration/samples-inbound.ts'
import { outboundSamples } from '../../src/demonstration/samples-outbound.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'

describe.skipIf(noSite)(
  `the samples of npm start, through a real Postfix${noSite ? ` (${noSite})` : ''}`,
  () => {
    const site = siteForTests()

    // In this order: that a partner is known rests on what was written to him before.
    for (const sample of [...outboundSamples, ...inboundSamples]) {
      const where = sample.direction === 'outbound' ? 'a mail of our staff' : 'from outside:'
      test(`${where} ${sample.name}`, async ({ skip }) => {
        if (sample.needsMx && site().withoutMx) skip(site().withoutMx)
        const row = await runSample(site(), sample)
        expect(row, row.outcome).toMatchObject({ sample: sample.name, ok: true })
        expect(row.why).not.toEqual([])
      })
    }
  },
)
