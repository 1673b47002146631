import { expect, it } from 'vitest'
import { clientNetwork } from '../../../src/storage/client-network.ts'

for (const [one, other, areNeighbours] of [
  ['192.0.2.7', '192.0.2.250', true],
  ['192.0.2.7', '192.0.3.7', false],
  ['192.0.2.7', '::ffff:192.0.2.9', true],
  ['2001:db8:1:2::7', '2001:DB8:0001:ffff::1', true],
  ['2001:db8:1::7', '2001:db8:2::7', false],
] as const)
  it(`${one} and ${other} are ${areNeighbours ? '' : 'not '}of one network`, () => {
    expect(clientNetwork(one)).toBeDefined()
    expect(clientNetwork(one) === clientNetwork(other)).toBe(areNeighbours)
  })

for (const text of ['', 'unknown', 'local', '192.0.2', '192.0.2.7/24'])
  it(`${text || 'nothing'} is of no network`, () => {
    expect(clientNetwork(text)).toBeUndefined()
  })
