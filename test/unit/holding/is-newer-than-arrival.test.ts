import { expect, test } from 'vitest'
import { isNewerThanArrival } from '../../../src/holding/is-newer-than-arrival.ts'
import { anyHeldOriginal } from '../../support/held-original.ts'
import { hour, noon } from '../../support/holding-parts.ts'

const hoursLater = (hours: number) => new Date(noon.getTime() + hours * hour)
const original = anyHeldOriginal({ heldAt: noon })

for (const [what, builtAt, held, newer] of [
  ['built behind the arrival', hoursLater(1), original, true],
  ['built at the moment of the arrival', noon, original, false],
  ['built before the arrival', hoursLater(-1), original, false],
  ['of unknown age', undefined, original, false],
  [
    'that were there at the arrival, which a clock ten years behind put before them',
    original.firstScan.signaturesBuiltAt,
    { ...original, heldAt: hoursLater(-87_660) },
    false,
  ],
  [
    'newer than those, when the clock is right again',
    hoursLater(1),
    { ...original, heldAt: hoursLater(-87_660) },
    true,
  ],
  [
    'of today, for an arrival that a clock put ten years ahead',
    hoursLater(20),
    { ...original, heldAt: hoursLater(87_660) },
    false,
  ],
] as const) {
  test(`signatures ${what} are ${newer ? '' : 'not '}newer than the arrival`, () => {
    expect(isNewerThanArrival(builtAt, held)).toBe(newer)
  })
}
