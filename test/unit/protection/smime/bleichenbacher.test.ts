import { constants, publicEncrypt, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { der, oid, sequence } from '../../../../src/keys/x509/write-der.ts'
import { bytesInMemory, type Workspace } from '../../../../src/message/byte-source.ts'
import { openEnvelope } from '../../../../src/protection/smime/open-enveloped.ts'
import { openWorkspace } from '../../../../src/storage/spool.ts'
import { testDecryptionKey } from '../../../support/decryption-key.ts'
import { makeEnvelope, transportOf } from '../../../support/make-envelope.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const bob = testDecryptionKey('bob-rsa')
const modulusBytes = 384
const contentKey = randomBytes(32)
const key = bob.certificate.publicKey

/** RSA on a block of our own making. */
const raw = (block: Uint8Array) => publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, block)
/** 00 02 padding 00 key (RFC 8017 7.2.1), with what differs from that. */
const padded = (secret: Uint8Array, { head = [0, 2], separator = 0 } = {}) =>
  Buffer.concat([
    Buffer.from(head),
    Buffer.alloc(modulusBytes - 3 - secret.length, 0x5a),
    Buffer.from([separator]),
    secret,
  ])
const oaep = sequence(oid('1.2.840.113549.1.1.7'), sequence())
const mixedOaep = sequence(
  oid('1.2.840.113549.1.1.7'),
  sequence(der(0xa0, sequence(oid('2.16.840.1.101.3.4.2.1')))),
)

/** Blocks that a sender chooses to learn from our answer what another one contains (Bleichenbacher 1998, Manger 2001). */
const chosen: readonly (readonly [string, Uint8Array, Uint8Array?])[] = [
  [
    'a block that does not begin with 00',
    raw(Buffer.concat([Buffer.from([1]), randomBytes(modulusBytes - 1)])),
  ],
  ['a block that does not begin with 00 02', raw(padded(contentKey, { head: [0, 1] }))],
  [
    'no end of the padding',
    raw(
      padded(
        contentKey.map((byte) => byte || 1),
        { separator: 1 },
      ),
    ),
  ],
  ['a padding of less than 8 bytes', raw(Buffer.concat([Buffer.from([0, 2, 1, 0]), randomBytes(380)]))],
  ['an empty key', raw(padded(Buffer.alloc(0)))],
  ['a key one byte too short', raw(padded(contentKey.subarray(1)))],
  ['a key one byte too long', raw(padded(Buffer.concat([contentKey, Buffer.from([7])])))],
  ['another key', raw(padded(randomBytes(32)))],
  ['a block of zeros', Buffer.alloc(modulusBytes)],
  ['a block above the modulus', Buffer.alloc(modulusBytes, 0xff)],
  ['a block that is too short', randomBytes(modulusBytes - 1)],
  ['a block that is too long', randomBytes(modulusBytes + 1)],
  ['no block at all', Buffer.alloc(0)],
  ['OAEP around random bytes', raw(Buffer.concat([Buffer.from([0]), randomBytes(modulusBytes - 1)])), oaep],
  ['OAEP that does not begin with 00', raw(Buffer.concat([Buffer.from([1]), randomBytes(383)])), oaep],
  ['OAEP with two hashes', raw(Buffer.concat([Buffer.from([0]), randomBytes(383)])), mixedOaep],
  ['OAEP with two hashes, not 00', raw(Buffer.concat([Buffer.from([1]), randomBytes(383)])), mixedOaep],
]

describe('a key block that somebody chose (Bleichenbacher)', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let workspace: Workspace
  beforeAll(() => {
    folder = temporaryFolder()
    workspace = openWorkspace(folder.path, { sizeLimit: 1024 * 1024 })
  })
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  /** Everything that the outside could see: the answer, and how much work was done for it. */
  async function answerTo(
    encryptedKey: Uint8Array,
    cipher: 'aes-256-gcm' | 'aes-256-cbc',
    algorithm?: Uint8Array,
  ) {
    const recipients = [transportOf(bob.certificate, encryptedKey, algorithm)]
    const bytes = makeEnvelope({ contentKey, content: Buffer.alloc(100_000), recipients, cipher })
    let written = 0
    const watched: Workspace = {
      ...workspace,
      writer() {
        const writer = workspace.writer()
        return {
          write(piece) {
            written += piece.length
            writer.write(piece)
          },
          finish: () => writer.finish(),
        }
      },
    }
    const { content: _, ...answer } = {
      content: undefined,
      ...(await openEnvelope(bytesInMemory(bytes), [bob], watched)),
    }
    return { ...answer, written }
  }

  for (const [what, encryptedKey, algorithm] of chosen) {
    it(`gets the same answer to ${what}, after the same work`, async () => {
      expect(await answerTo(encryptedKey, 'aes-256-gcm', algorithm)).toEqual({
        kind: 'closed',
        reason: 'damaged',
        detail: 'cannot be decrypted',
        written: 100_000,
      })
      // With CBC one wrong key of 256 seems to fit. That is chance, made anew for each attempt or by OpenSSL for each block.
      const cbc = await answerTo(encryptedKey, 'aes-256-cbc', algorithm)
      expect(cbc.written).toBeGreaterThanOrEqual(100_000 - 16)
      if (cbc.kind === 'closed')
        expect(cbc).toMatchObject({ reason: 'damaged', detail: 'cannot be decrypted' })
    })
  }

  it('is opened when it is what it should be', async () => {
    expect(await answerTo(raw(padded(contentKey)), 'aes-256-gcm')).toMatchObject({ kind: 'opened' })
  })
})
