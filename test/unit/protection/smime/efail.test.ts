import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytesInMemory, type Workspace } from '../../../../src/message/byte-source.ts'
import { openEnvelope } from '../../../../src/protection/smime/open-enveloped.ts'
import { openWorkspace } from '../../../../src/storage/spool.ts'
import { testDecryptionKey } from '../../../support/decryption-key.ts'
import { type EnvelopeWish, makeEnvelope, transportTo } from '../../../support/make-envelope.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const bob = testDecryptionKey('bob-rsa')
const secret = Buffer.from('Content-Type: text/plain; charset=utf-8\r\n\r\nDie Summe ist 4711 Euro.\r\n')

/** CVE-2017-17689: whoever knows one block of a CBC message can write sentences of his own into it. */
function withGadgets(ciphertext: Buffer): Buffer {
  const known = secret.subarray(16, 32)
  const wanted = Buffer.from('<img src="http:"')
  const [before, block] = [ciphertext.subarray(0, 16), ciphertext.subarray(16, 32)]
  const forged = Buffer.from(before.map((byte, at) => byte ^ (known[at] ?? 0) ^ (wanted[at] ?? 0)))
  // Any block, then a chosen one, in front of the message as it was.
  return Buffer.concat([forged, block, ciphertext])
}

describe('a message that somebody rewrote on its way (EFAIL)', () => {
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
  function opened(wish: Partial<EnvelopeWish>) {
    const contentKey = randomBytes(32)
    const recipients = [transportTo(bob.certificate, contentKey)]
    const bytes = makeEnvelope({ contentKey, content: secret, recipients, ...wish })
    return openEnvelope(bytesInMemory(bytes), [bob], workspace)
  }

  it('opens in CBC with the words of the attacker, and is marked as not authenticated', async () => {
    const result = await opened({ change: withGadgets })
    if (result.kind !== 'opened') throw new Error(result.detail)
    const content = Buffer.from(result.content.read(0, 1000))
    expect(content.includes('<img src="http:"')).toBe(true)
    expect(content.includes('4711 Euro')).toBe(true)
    expect(result.isAuthenticated).toBe(false)
  })

  it('stays closed in GCM', async () => {
    for (const change of [
      withGadgets,
      (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)]),
      (bytes: Buffer) => bytes.subarray(0, -1),
      (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === 50 ? byte ^ 1 : byte))),
    ])
      expect(await opened({ cipher: 'aes-256-gcm', change })).toMatchObject({ reason: 'damaged' })
  })

  it('stays closed when GCM is relabelled as CBC, whatever key lengths fit', async () => {
    const relabelled = await opened({ cipher: 'aes-256-gcm', contentType: '1.2.840.113549.1.7.3' })
    expect(relabelled).toMatchObject({ kind: 'closed', reason: 'unsupported' })
  })

  it('stays closed with a tag that was cut, so that it can be guessed', async () => {
    for (const tagBytes of [0, 1, 4, 8, 11, 12, 15])
      expect(await opened({ cipher: 'aes-256-gcm', tagBytes })).toMatchObject({ reason: 'damaged' })
    for (const announcedTag of [0, 1, 4, 8, 11, 17])
      expect(
        await opened({ cipher: 'aes-256-gcm', announcedTag, tagBytes: Math.min(16, announcedTag) }),
      ).toMatchObject({
        reason: 'damaged',
      })
  })

  it('opens with a whole tag of any length that the standard allows', async () => {
    for (const announcedTag of [12, 13, 14, 15, 16])
      expect(await opened({ cipher: 'aes-256-gcm', announcedTag })).toMatchObject({ isAuthenticated: true })
  })

  it('gets one answer to whatever is wrong with the padding (Vaudenay)', async () => {
    const answers = new Set<string>()
    for (let at = 1; at <= 16; at++) {
      const change = (bytes: Buffer) => {
        const changed = Buffer.from(bytes)
        changed[bytes.length - 16 - at] = (changed[bytes.length - 16 - at] ?? 0) ^ 0x55
        return changed
      }
      const result = await opened({ change })
      if (result.kind === 'closed') answers.add(`${result.reason}: ${result.detail}`)
    }
    const cut = await opened({ change: (bytes) => bytes.subarray(0, -3) })
    if (cut.kind === 'closed') answers.add(`${cut.reason}: ${cut.detail}`)
    expect([...answers]).toEqual(['damaged: cannot be decrypted'])
  })
})
