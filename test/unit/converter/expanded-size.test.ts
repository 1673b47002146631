import fc from 'fast-check'
import { zipSync } from 'fflate'
import { expect, it, test } from 'vitest'
import { expandsTooFar } from '../../../src/converter/expanded-size.ts'

const MiB = 1024 * 1024

/** A zip with one small member whose central directory claims another expanded size (APPNOTE.TXT 4.3.12). */
function claiming(expanded: number, padding = 0): Uint8Array {
  const zip = Buffer.from(zipSync({ 'word/document.xml': Buffer.alloc(padding, 'ab') }, { level: 0 }))
  zip.writeUInt32LE(expanded, zip.lastIndexOf('PK\x01\x02', undefined, 'latin1') + 24)
  return zip
}

for (const [what, document, tooFar] of [
  ['an ordinary document', claiming(40_000), false],
  ['19 MB of repetition out of nothing', claiming(19_000_000), false],
  ['30 MB out of nothing, more than 200 to 1', claiming(30_000_000), true],
  ['30 MB out of 1 MB, as big sheets are', claiming(30_000_000, MiB), false],
  ['a part of 151 MiB', claiming(151 * MiB, 4 * MiB), true],
  ['500 MB', claiming(500_000_000), true],
  ['a container with more members than any document has', zipSync(manyMembers(10_001)), true],
  ['a text', Buffer.from('{\\rtf1}'), false],
  ['nothing', new Uint8Array(0), false],
  ['a zip that ends early', claiming(500_000_000).subarray(0, 40), false],
] as const) {
  it(`gives ${what} ${tooFar ? 'not ' : ''}to the engine`, () => {
    expect(expandsTooFar(document)).toBe(tooFar)
  })
}

test('whatever comes behind the letters of a zip is judged', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(
        typeof expandsTooFar(
          Buffer.concat([Buffer.from('PK\x03\x04'), bytes, Buffer.from('PK\x05\x06'), bytes]),
        ),
      ).toBe('boolean')
    }),
  )
})

function manyMembers(count: number): Record<string, Uint8Array> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [String(index), new Uint8Array(0)]))
}
