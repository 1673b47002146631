import { constants, publicEncrypt, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { TemporaryFailure } from '../../../../src/failure.ts'
import {
  der,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  smallInteger,
} from '../../../../src/keys/x509/write-der.ts'
import { bytesInMemory, type Workspace } from '../../../../src/message/byte-source.ts'
import { openEnvelope } from '../../../../src/protection/smime/open-enveloped.ts'
import { openWorkspace } from '../../../../src/storage/spool.ts'
import { testDecryptionKey } from '../../../support/decryption-key.ts'
import {
  type EnvelopeWish,
  indefinite,
  makeEnvelope,
  transportOf,
  transportTo,
} from '../../../support/make-envelope.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const bob = testDecryptionKey('bob-rsa')
const alice = testDecryptionKey('alice-rsa')
const content = Buffer.from('Content-Type: text/plain\r\n\r\nGuten Tag\r\n')

describe('an encrypted mail', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let workspace: Workspace
  beforeAll(() => {
    folder = temporaryFolder()
    workspace = openWorkspace(folder.path, { sizeLimit: 10 * 1024 * 1024 })
  })
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  function toBob(wish: Partial<EnvelopeWish> = {}, keyBytes = 32): Buffer {
    const contentKey = randomBytes(keyBytes)
    const recipients = [transportTo(bob.certificate, contentKey)]
    return makeEnvelope({ contentKey, content, recipients, ...wish })
  }
  const open = (bytes: Uint8Array, keys = [bob]) => openEnvelope(bytesInMemory(bytes), keys, workspace)
  async function opened(bytes: Uint8Array, keys = [bob]) {
    const result = await open(bytes, keys)
    if (result.kind !== 'opened') throw new Error(result.detail)
    const { content, ...rest } = result
    return { ...rest, content: Buffer.from(content.read(0, content.size)) }
  }

  for (const [cipher, keyBytes, isAuthenticated] of [
    ['aes-128-cbc', 16, false],
    ['aes-256-cbc', 32, false],
    ['des-ede3-cbc', 24, false],
    ['aes-128-gcm', 16, true],
    ['aes-256-gcm', 32, true],
  ] as const) {
    it(`is opened with ${cipher}`, async () => {
      const { fingerprint } = bob.certificate
      const expected = { kind: 'opened', content, cipher, isAuthenticated, fingerprint }
      expect(await opened(toBob({ cipher }, keyBytes))).toEqual(expected)
      const empty = Buffer.alloc(0)
      expect(await opened(toBob({ cipher, content: empty }, keyBytes))).toEqual({
        ...expected,
        content: empty,
      })
    })
  }

  it('is opened by whichever of our keys it names', async () => {
    const bytes = toBob()
    expect(await opened(bytes, [alice, bob])).toMatchObject({ fingerprint: bob.certificate.fingerprint })
    expect(await open(bytes, [alice])).toMatchObject({ kind: 'closed', reason: 'no-key' })
    expect(await open(bytes, [])).toMatchObject({ kind: 'closed', reason: 'no-key' })
  })

  it('is opened by the key identifier if the certificate has one', async () => {
    const keyIdentifier = Buffer.from('a key')
    const contentKey = randomBytes(32)
    const encryptedKey = publicEncrypt(
      { key: bob.certificate.publicKey, padding: constants.RSA_PKCS1_PADDING },
      contentKey,
    )
    const byIdentifier = sequence(
      smallInteger(2),
      der(0x80, keyIdentifier),
      sequence(oid('1.2.840.113549.1.1.1'), nullValue),
      octetString(encryptedKey),
    )
    const bytes = makeEnvelope({ contentKey, content, recipients: [byIdentifier] })
    expect(await open(bytes)).toMatchObject({ reason: 'no-key' })
    const known = { ...bob, certificate: { ...bob.certificate, subjectKeyIdentifier: keyIdentifier } }
    expect(await opened(bytes, [known])).toMatchObject({ content })
  })

  it('for two of our keys, one in a way we do not know, is opened by the other', async () => {
    const contentKey = randomBytes(32)
    const unknown = transportOf(alice.certificate, randomBytes(384), sequence(oid('1.2.3')))
    const recipients = [unknown, transportTo(bob.certificate, contentKey)]
    const bytes = makeEnvelope({ contentKey, content, recipients })
    expect(await opened(bytes, [alice, bob])).toMatchObject({ content })
    expect(await open(bytes, [alice])).toMatchObject({ reason: 'unsupported' })
  })

  it('is opened however its content is cut into pieces', async () => {
    for (const pieceBytes of [1, 7, 16, 1000]) {
      const writeCiphertext = (ciphertext: Buffer) => {
        const pieces: Buffer[] = []
        for (let at = 0; at < ciphertext.length; at += pieceBytes)
          pieces.push(octetString(ciphertext.subarray(at, at + pieceBytes)))
        return indefinite(0xa0, indefinite(0x24, ...pieces.slice(0, 3)), ...pieces.slice(3))
      }
      const long = Buffer.alloc(3000, 'Guten Tag ')
      for (const cipher of ['aes-256-cbc', 'aes-256-gcm'] as const)
        expect((await opened(toBob({ cipher, content: long, writeCiphertext }))).content.equals(long)).toBe(
          true,
        )
    }
  })

  describe('with authenticated attributes', () => {
    const attribute = (type: string, text: string) =>
      sequence(oid(type), setOf(octetString(Buffer.from(text))))
    const attributes = [attribute('1.2.3.4', 'later'), attribute('1.2.3.3', 'first')]

    it('is opened, whatever their order was (RFC 5083 2.2: they count in DER)', async () => {
      const authenticatedAs = setOf(...attributes)
      expect(await opened(toBob({ cipher: 'aes-256-gcm', attributes, authenticatedAs }))).toMatchObject({
        content,
      })
      const sorted = attributes.toReversed()
      expect(
        await opened(toBob({ cipher: 'aes-256-gcm', attributes: sorted, authenticatedAs })),
      ).toMatchObject({
        content,
      })
    })

    it('is closed when one of them was changed, added or taken away', async () => {
      const authenticatedAs = setOf(...attributes)
      for (const others of [attributes.slice(1), [...attributes, attribute('1.2.3.5', 'added')], undefined]) {
        const wish = { cipher: 'aes-256-gcm', authenticatedAs } as const
        const bytes = toBob(others ? { ...wish, attributes: others } : wish)
        expect(await open(bytes)).toMatchObject({ kind: 'closed', reason: 'damaged' })
      }
    })
  })

  for (const [what, wish] of [
    ['RC2', { algorithm: sequence(oid('1.2.840.113549.3.2'), octetString(randomBytes(8))) }],
    ['DES', { algorithm: sequence(oid('1.3.14.3.2.7'), octetString(randomBytes(8))) }],
    ['GCM without a tag, in EnvelopedData', { cipher: 'aes-256-gcm', contentType: '1.2.840.113549.1.7.3' }],
    ['a signature', { contentType: '1.2.840.113549.1.7.2' }],
  ] as const) {
    it(`as ${what} is not supported`, async () => {
      expect(await open(toBob(wish))).toMatchObject({ kind: 'closed', reason: 'unsupported' })
    })
  }

  it('as CBC with an authenticated structure around it is not believed', async () => {
    const tagged = { contentType: '1.2.840.113549.1.9.16.1.23' }
    expect((await open(toBob(tagged))).kind).toBe('closed')
  })

  it('with more content than there is room is too large', async () => {
    const small = openWorkspace(folder.path, { sizeLimit: 1000 })
    const bytes = toBob({ content: Buffer.alloc(2000) })
    expect(await openEnvelope(bytesInMemory(bytes), [bob], small)).toMatchObject({ reason: 'too-large' })
    await small[Symbol.asyncDispose]()
  })

  it('comes again when the disk fails, which is not its fault', async () => {
    const closed = openWorkspace(folder.path, { sizeLimit: 1000 })
    await closed[Symbol.asyncDispose]()
    await expect(openEnvelope(bytesInMemory(toBob()), [bob], closed)).rejects.toBeInstanceOf(TemporaryFailure)
  })

  test('of any bytes, or with any byte changed, is opened or closed for one of four reasons', async () => {
    const originals = [toBob(), toBob({ cipher: 'aes-256-gcm' })]
    const mutated = fc
      .tuple(
        fc.constantFrom(...originals),
        fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.option(fc.tuple(fc.nat(2000), fc.nat(40))),
      )
      .map(([original, changes, cut]) => {
        const bytes = Buffer.from(original)
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        return cut ? Buffer.concat([bytes.subarray(0, cut[0]), bytes.subarray(cut[0] + cut[1])]) : bytes
      })
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 4, arbitrary: mutated }, fc.uint8Array({ maxLength: 200 })),
        async (bytes) => {
          const result = await open(bytes)
          if (result.kind === 'opened') {
            expect(result.content.size).toBeLessThanOrEqual(bytes.length)
            // Of what is authenticated, nothing but the original.
            if (result.isAuthenticated) expect(Buffer.from(result.content.read(0, 1000))).toEqual(content)
          } else expect(['no-key', 'damaged', 'unsupported', 'too-large']).toContain(result.reason)
        },
      ),
      { numRuns: 400 },
    )
  })
})
