import fc from 'fast-check'
import * as openpgp from 'openpgp'
import { afterAll, describe, expect, it, test } from 'vitest'
import { TemporaryFailure } from '../../../../src/failure.ts'
import { type ByteSource, bytesInMemory } from '../../../../src/message/byte-source.ts'
import { messageOutline } from '../../../../src/protection/openpgp/message-outline.ts'
import { openMessage } from '../../../../src/protection/openpgp/open-message.ts'
import { openWorkspace } from '../../../../src/storage/spool.ts'
import { armoredKey } from '../../../support/openpgp-judges.ts'
import {
  encrypted,
  literalPackets,
  packet,
  signedOn,
  signedPackets,
} from '../../../support/openpgp-messages.ts'
import { allOf } from '../../../support/smime-judges.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const folder = temporaryFolder()
const workspace = openWorkspace(folder.path, { sizeLimit: 100e6 })
afterAll(async () => {
  await workspace[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})
const reader = {
  privateKeys: [armoredKey('dave-curve25519', 'sec')],
  verificationKeys: [armoredKey('carol-rsa3072', 'pub')],
}

async function read(message: Uint8Array | ByteSource) {
  const source = message instanceof Uint8Array ? bytesInMemory(message) : message
  const opened = await openMessage(source, reader, workspace, signedOn)
  if (opened.kind === 'closed') return opened.reason
  return {
    text: (await allOf(opened.content)).toString(),
    problems: opened.signatures.map(({ problem }) => problem),
  }
}

it('a signed message is opened, its signature good', async () => {
  expect(await read(await encrypted(await signedPackets('Hallo')))).toEqual({
    text: 'Hallo',
    problems: [undefined],
  })
})

it('a message without a signature is opened', async () => {
  expect(await read(await encrypted(await literalPackets('Hallo')))).toEqual({ text: 'Hallo', problems: [] })
})

for (const [what, config] of [
  ['with AEAD and a key of version 6', { v6Keys: true, aeadProtect: true }],
  ['with AEAD and a key of version 4', { aeadProtect: true }],
] as const) {
  it(`a message ${what}, as its recipient’s key asks for, is opened`, async () => {
    const { privateKey, publicKey } = await openpgp.generateKey({
      userIDs: [{ email: 'eve@partner.example' }],
      type: 'curve25519',
      date: signedOn,
      config,
      format: 'object',
    })
    const message = await openpgp.encrypt({
      message: await openpgp.createMessage({ binary: Buffer.alloc(3e6, 'Hallo ') }),
      encryptionKeys: publicKey,
      date: signedOn,
      format: 'binary',
    })
    const source = bytesInMemory(message as Uint8Array)
    expect((await messageOutline(source)).recipients.map(({ keyId }) => keyId)).toEqual([
      publicKey.subkeys[0]?.getKeyID().toHex(),
    ])
    const ours = { ...reader, privateKeys: [privateKey.armor()] }
    const opened = await openMessage(source, ours, workspace, signedOn)
    expect(opened).toMatchObject({ kind: 'opened', cipher: 'aes256', content: { size: 3e6 } })
  })
}

describe('attacks that have a name', () => {
  it('CVE-2025-47934: what stands behind a signed text is not taken for it, nor what stands before', async () => {
    const signed = await signedPackets('100 EUR')
    const forged = await literalPackets('1000 EUR')
    for (const packets of [
      [...signed, ...forged],
      [...forged, ...signed],
      [...signed.slice(0, 1), ...forged, ...signed.slice(1)],
      [...signed.slice(0, 2), ...forged, ...signed.slice(2)],
    ]) {
      expect(await read(await encrypted(packets))).toBe('damaged')
    }
    // The signature of one text beside another text.
    const [onePass, , signature] = signed
    const [literal] = forged
    if (!onePass || !signature || !literal) throw new Error('no packets')
    expect(await read(await encrypted([onePass, literal, signature]))).toEqual({
      text: '1000 EUR',
      problems: ['altered'],
    })
  })

  it('EFAIL: data without integrity packet is not decrypted, in the old form or stripped of it', async () => {
    const message = await encrypted(await literalPackets('Geheim'))
    const source = bytesInMemory(message)
    const { dataStart, dataHead } = await messageOutline(source)
    const front = message.subarray(0, dataStart)
    const body = message.subarray(message.indexOf(dataHead, dataStart))
    expect(await read(Buffer.concat([front, packet(18, body)]))).toMatchObject({ text: 'Geheim' })
    expect(await read(Buffer.concat([front, packet(9, body.subarray(1))]))).toBe('unsupported')
    expect(await read(Buffer.concat([front, packet(18, body.subarray(0, -22))]))).toBe('damaged')
    expect(
      await read(Buffer.concat([front, packet(18, body), packet(11, Buffer.from('b\0\0\0\0\0x'))])),
    ).toBe('damaged')
  })

  it('EFAIL: a large message that was changed is not parsed, whatever the change makes of it', async () => {
    const message = await encrypted(await literalPackets('x'.repeat(1_200_000)))
    const { dataStart } = await messageOutline(bytesInMemory(message))
    expect(await read(message)).toMatchObject({ problems: [] })
    for (const at of [...Array(40).keys()].map((count) => dataStart + 7 + count)) {
      const changed = Buffer.from(message)
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at)
      expect(await read(changed)).toBe('damaged')
    }
  })

  it('a second encrypted part behind the first is not opened', async () => {
    const message = await encrypted(await literalPackets('Geheim'))
    expect(await read(Buffer.concat([message, message]))).toBe('damaged')
  })

  it('thousands of signatures, each a hash over everything, are not begun', async () => {
    const [onePass, literal, signature] = await signedPackets('Hallo')
    if (!onePass || !signature || !literal) throw new Error('no packets')
    for (const count of [9, 5000]) {
      const many = [...Array(count).fill(onePass), literal, ...Array(count).fill(signature)]
      expect(await read(await encrypted(many))).toBe('unsupported')
    }
    const some = [...Array(8).fill(onePass), literal, ...Array(8).fill(signature)]
    expect(await read(await encrypted(some))).toMatchObject({ text: 'Hallo' })
  })

  it('thousands of recipients that are us cost sixteen trials', async () => {
    const message = await encrypted(await literalPackets('Hallo'))
    const { dataStart } = await messageOutline(bytesInMemory(message))
    const broken = Buffer.from(message.subarray(0, dataStart))
    broken.writeUInt8(broken.readUInt8(dataStart - 1) ^ 1, dataStart - 1)
    const front = Array<Buffer>(900).fill(broken)
    // Closed as if its content were damaged: the answer to the sender must not tell which of the two it is.
    expect(await read(Buffer.concat([...front, message]))).toBe('damaged')
    expect(await read(Buffer.concat([...front, ...front, message]))).toBe('damaged')
  })

  it('a small message that unpacks to hundreds of megabytes is given up', async () => {
    const bomb = await openpgp.encrypt({
      message: await openpgp.createMessage({ binary: new Uint8Array(100e6) }),
      encryptionKeys: await openpgp.readKey({ armoredKey: armoredKey('dave-curve25519', 'pub') }),
      date: signedOn,
      format: 'binary',
      config: { preferredCompressionAlgorithm: openpgp.enums.compression.zlib },
    })
    expect((bomb as Uint8Array).length).toBeLessThan(500_000)
    expect(await read(bomb as Uint8Array)).toBe('too-large')
  })
})

it('a disk that fails defers, and is not the message’s fault', async () => {
  const message = await encrypted(await literalPackets('Hallo'))
  const source = bytesInMemory(message)
  const failing: ByteSource = {
    ...source,
    async *stream() {
      yield message.subarray(0, 10)
      throw new TemporaryFailure('3.1', 'No room')
    },
  }
  await expect(read(failing)).rejects.toBeInstanceOf(TemporaryFailure)
})

test('changed and arbitrary bytes are closed, or hold what was encrypted', async () => {
  const message = await encrypted(await signedPackets('Hallo'))
  const change = fc.record({ at: fc.nat(message.length - 1), bits: fc.integer({ min: 1, max: 255 }) })
  const given = fc.oneof(fc.array(change, { minLength: 1, maxLength: 4 }), fc.uint8Array({ maxLength: 200 }))
  await fc.assert(
    fc.asyncProperty(given, fc.boolean(), async (changes, isArmored) => {
      let bytes = Buffer.from(message)
      if (changes instanceof Uint8Array) bytes = Buffer.from(changes)
      else for (const { at, bits } of changes) bytes.writeUInt8(bytes.readUInt8(at) ^ bits, at)
      if (isArmored)
        bytes = Buffer.from(
          `-----BEGIN PGP MESSAGE-----\n\n${bytes.toString('base64')}\n-----END PGP MESSAGE-----\n`,
        )
      const outcome = await read(bytes)
      if (typeof outcome === 'string')
        expect(['no-key', 'damaged', 'unsupported', 'too-large']).toContain(outcome)
      else expect(outcome.text).toBe('Hallo')
    }),
    { numRuns: 300 },
  )
})
