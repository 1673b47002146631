import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { readKey } from 'openpgp'
import { describe, expect, it } from 'vitest'
import { openpgpKeysFor } from '../../../../src/keys/discovery/openpgp-keys-for.ts'
import { readOpenPgpKey } from '../../../../src/keys/openpgp/openpgp-key.ts'

const armored = readFileSync(new URL('../../../keys/pgp/dave-curve25519.pub.asc', import.meta.url), 'utf8')
const key = (await readKey({ armoredKey: armored })).write()
const dave = 'dave@partner.example'

describe('What a key server sends', () => {
  it('is keys of the asked address, or none, whatever the bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc
            .tuple(fc.nat(key.length - 1), fc.nat(255))
            .map(([at, byte]) => key.map((old, i) => (i === at ? byte : old))),
          fc.nat(key.length).map((end) => key.subarray(0, end)),
        ),
        async (bytes) => {
          for (const found of (await openpgpKeysFor(dave, bytes)) ?? [])
            expect((await readOpenPgpKey(found)).addresses).toEqual([dave])
        },
      ),
      { numRuns: 150 },
    )
  })
})
