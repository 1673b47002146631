import fc from 'fast-check'
import * as openpgp from 'openpgp'
import { afterAll, describe, expect, it, test } from 'vitest'
import { generateOpenPgpKey, revokeOpenPgpKey } from '../../../../src/keys/openpgp/openpgp-own.ts'
import { publicOpenPgpKey } from '../../../../src/keys/openpgp/openpgp-public.ts'
import { bytesInMemory } from '../../../../src/message/byte-source.ts'
import { MimeScanner } from '../../../../src/message/mime-scanner.ts'
import { signDetached } from '../../../../src/protection/openpgp/sign-detached.ts'
import { verifyDetached } from '../../../../src/protection/openpgp/verify-detached.ts'
import { openWorkspace } from '../../../../src/storage/spool.ts'
import { armoredKey } from '../../../support/openpgp-judges.ts'
import { signedOn } from '../../../support/openpgp-messages.ts'
import { messageOf } from '../../../support/smime-judges.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const folder = temporaryFolder()
const workspace = openWorkspace(folder.path, { sizeLimit: 100e6 })
afterAll(async () => {
  await workspace[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})
const later = new Date('2027-01-01T00:00:00Z')
const ours = await generateOpenPgpKey({ name: 'Anne', address: 'anne@kanzlei.example' }, signedOn)

/** A text signed by us: what is covered and the armored signature. */
async function signed(at = new Date(signedOn.getTime() + 1000), armored = ours.armored) {
  const entity = {
    fields: [{ name: 'Content-Type', value: ' text/plain; charset=utf-8' }],
    body: bytesInMemory(Buffer.from('Grüße\r\nFrom Anne\r\n')),
  }
  const message = await messageOf(await signDetached(entity, armored, workspace, at))
  const scanner = new MimeScanner()
  scanner.push(message)
  const { root, ambiguities } = scanner.end()
  expect(ambiguities).toEqual([])
  const [covered, signature] = root.children
  if (!covered || !signature) throw new Error('not signed')
  return {
    covered: message.subarray(covered.headerStart, covered.bodyEnd),
    signature: message.subarray(signature.bodyStart, signature.bodyEnd),
  }
}

const problems = async (covered: Uint8Array, signature: Uint8Array, key = ours.armored, at = later) =>
  (await verifyDetached(bytesInMemory(covered), bytesInMemory(signature), [key], at)).map(
    ({ problem }) => problem,
  )

const { covered, signature } = await signed()

describe('a signature beside its text', () => {
  it('is good as it came, and with line ends that a server changed', async () => {
    expect(await problems(covered, signature)).toEqual([undefined])
    expect(await problems(Buffer.from(covered.toString().replaceAll('\r\n', '\n')), signature)).toEqual([
      undefined,
    ])
  })

  it('is none for a text that differs in a byte', async () => {
    expect(await problems(Buffer.concat([covered, Buffer.from(' ')]), signature)).toEqual(['altered'])
    expect(await problems(covered.subarray(1), signature)).toEqual(['altered'])
  })

  it('is nobody’s if we do not know the key', async () => {
    expect(await problems(covered, signature, armoredKey('dave-curve25519', 'pub'))).toEqual(['unknown-key'])
  })

  it('is in the future for whoever lives before it, ten minutes aside', async () => {
    expect(
      await problems(covered, signature, ours.armored, new Date(signedOn.getTime() - 5 * 60_000)),
    ).toEqual([undefined])
    const yesterday = new Date(signedOn.getTime() - 86_400_000)
    expect(await problems(covered, signature, ours.armored, yesterday)).toEqual(['in-the-future'])
  })

  it('falls with a key that was compromised, and stays when the key is only superseded later', async () => {
    const revoked = async (reason: 'compromised' | 'superseded') =>
      (await publicOpenPgpKey((await revokeOpenPgpKey(ours.armored, reason, later)).armored, later)).armored
    expect(await problems(covered, signature, await revoked('compromised'))).toEqual(['key-revoked'])
    expect(await problems(covered, signature, await revoked('superseded'))).toEqual([undefined])
  })

  it('by a key that was over is none', async () => {
    const short = await openpgp.generateKey({
      userIDs: [{ email: 'eve@partner.example' }],
      type: 'ecc',
      curve: 'curve25519Legacy',
      date: signedOn,
      keyExpirationTime: 3600,
    })
    const inTime = await signed(new Date(signedOn.getTime() + 60_000), short.privateKey)
    expect(await problems(inTime.covered, inTime.signature, short.publicKey)).toEqual([undefined])
    await expect(signed(later, short.privateKey)).rejects.toMatchObject({ replyClass: 5, status: '7.5' })
  })

  it('made after the end of its key, by somebody who moved that end, is none', async () => {
    const expired = await openpgp.readPrivateKey({ armoredKey: armoredKey('carol-expired', 'sec') })
    const { privateKey } = await openpgp.reformatKey({
      privateKey: expired,
      userIDs: { email: 'carol@partner.example' },
      date: new Date('2020-01-01T00:00:00Z'),
      keyExpirationTime: 0,
    })
    const late = await signed(signedOn, privateKey)
    expect(await problems(late.covered, late.signature, privateKey)).toEqual([undefined])
    expect(await problems(late.covered, late.signature, armoredKey('carol-expired', 'pub'))).toEqual([
      'key-expired',
    ])
  })

  it('comes once, in armor that all programs read alike', async () => {
    expect(await problems(covered, Buffer.concat([signature, signature]))).toEqual(['altered'])
    const formFeed = Buffer.from(signature.toString().replace('\r\n\r\n', '\r\n\f\r\n'))
    expect(await problems(covered, formFeed)).toEqual(['altered'])
    expect(await problems(covered, Buffer.alloc(100_000, 'A'))).toEqual(['altered'])
    expect(await problems(covered, Buffer.from(''))).toEqual(['altered'])
  })

  test('changed in any way is not good', async () => {
    const binary = Buffer.from(
      (await openpgp.readSignature({ armoredSignature: signature.toString() })).write() as Uint8Array,
    )
    const hashedEnd = 6 + binary.readUInt16BE(6)
    // Behind tag and length, which have two spellings for the same packet (RFC 9580 4.2): 0x88 is 0xc2.
    const change = fc.record({
      at: fc.integer({ min: 2, max: hashedEnd - 1 }),
      bits: fc.integer({ min: 1, max: 255 }),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ at, bits }) => {
        const changed = Buffer.from(binary)
        changed.writeUInt8(changed.readUInt8(at) ^ bits, at)
        expect(await problems(covered, changed)).not.toContain(undefined)
      }),
    )
    const spelledOtherwise = Buffer.from(binary)
    spelledOtherwise.writeUInt8(0x88, 0)
    expect(binary.readUInt8(0)).toBe(0xc2)
    expect(await problems(covered, spelledOtherwise)).toEqual([undefined])
  })
})
