import { randomBytes } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { context, octetString, oid, sequence, smallInteger } from '../../../../src/keys/x509/write-der.ts'
import { bytesInMemory, type Workspace } from '../../../../src/message/byte-source.ts'
import { openCompressed } from '../../../../src/protection/smime/open-compressed.ts'
import { openWorkspace } from '../../../../src/storage/spool.ts'
import { contentInfo, indefinite } from '../../../support/make-envelope.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const compressed = (content: Uint8Array, algorithm = '1.2.840.113549.1.9.16.3.8') =>
  contentInfo(
    '1.2.840.113549.1.9.16.1.9',
    sequence(
      smallInteger(0),
      sequence(oid(algorithm)),
      sequence(oid('1.2.840.113549.1.7.1'), context(0, content)),
    ),
  )
const mebibyte = 1024 * 1024

describe('a compressed mail', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let workspace: Workspace
  beforeAll(() => {
    folder = temporaryFolder()
    workspace = openWorkspace(folder.path, { sizeLimit: 20 * mebibyte })
  })
  afterAll(async () => {
    await workspace[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })
  const open = (bytes: Uint8Array) => openCompressed(bytesInMemory(bytes), workspace)
  async function opened(bytes: Uint8Array): Promise<Buffer> {
    const result = await open(bytes)
    if (result.kind !== 'opened') throw new Error(result.detail)
    return Buffer.from(result.content.read(0, result.content.size))
  }

  it('is unpacked, in one piece or in several', async () => {
    const content = Buffer.concat([randomBytes(100_000), Buffer.alloc(500_000, 'Guten Tag ')])
    const packed = deflateSync(content)
    expect((await opened(compressed(octetString(packed)))).equals(content)).toBe(true)
    const pieces = [octetString(packed.subarray(0, 1000)), octetString(packed.subarray(1000))]
    expect((await opened(compressed(indefinite(0x24, ...pieces)))).equals(content)).toBe(true)
  })

  it('that unpacks to a thousand times its size is refused', async () => {
    const bomb = compressed(octetString(deflateSync(Buffer.alloc(15 * mebibyte))))
    expect(await open(bomb)).toMatchObject({ kind: 'closed', reason: 'too-large' })
  })

  it('that unpacks to more than there is room for is refused', async () => {
    const content = Buffer.concat([randomBytes(mebibyte), Buffer.alloc(25 * mebibyte)])
    expect(await open(compressed(octetString(deflateSync(content))))).toMatchObject({ reason: 'too-large' })
  })

  it('that is cut off or changed is damaged', async () => {
    const packed = deflateSync(randomBytes(10_000))
    const changed = Buffer.from(packed)
    changed[5000] = (changed[5000] ?? 0) ^ 1
    for (const broken of [
      packed.subarray(0, -1),
      packed.subarray(0, 100),
      changed,
      Buffer.alloc(0),
      Buffer.alloc(9),
    ])
      expect(await open(compressed(octetString(broken)))).toMatchObject({ reason: 'damaged' })
  })

  it('is zlib or not supported', async () => {
    const packed = octetString(deflateSync(Buffer.from('x')))
    expect(await open(compressed(packed, '1.2.3'))).toMatchObject({ reason: 'unsupported' })
    expect(await open(contentInfo('1.2.840.113549.1.7.1', packed))).toMatchObject({ reason: 'unsupported' })
  })

  test('of any bytes is opened or closed', async () => {
    const whole = compressed(octetString(deflateSync(Buffer.alloc(300, 'abc'))))
    const mutated = fc
      .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 })
      .map((changes) => {
        const bytes = Buffer.from(whole)
        for (const [at, byte] of changes) bytes[at] = byte
        return bytes
      })
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated, fc.uint8Array({ maxLength: 100 })), async (bytes) => {
        expect(['opened', 'closed']).toContain((await open(bytes)).kind)
      }),
      { numRuns: 300 },
    )
  })
})
