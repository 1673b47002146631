import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { childrenOf, readDer } from '../../../../src/keys/x509/read-der.ts'
import { type ByteSource, bytesInMemory } from '../../../../src/message/byte-source.ts'
import { streamEnvelopedData } from '../../../../src/protection/smime/enveloped-data.ts'
import { testCertificate } from '../../../support/test-keys.ts'

const to = (name: string) => ({ certificate: testCertificate(name), keyTransport: 'rsa-pkcs1' as const })
const bob = to('bob-rsa')

async function written(content: ByteSource, recipients = [bob]): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of streamEnvelopedData(content, recipients)) pieces.push(Uint8Array.from(piece))
  return Buffer.concat(pieces)
}

describe('an encrypted message', () => {
  test('is one DER element whatever its length', async () => {
    const sizes = fc.oneof(fc.nat(400), fc.constantFrom(65_000, 65_535, 65_536, 200_000))
    await fc.assert(
      fc.asyncProperty(sizes, async (size) => {
        const enveloped = readDer(await written(bytesInMemory(new Uint8Array(size))))
        const [, explicit] = childrenOf(enveloped)
        const inner = explicit && childrenOf(explicit)[0]
        const [, , encrypted] = inner ? childrenOf(inner) : []
        const ciphertext = encrypted && childrenOf(encrypted)[2]
        expect(ciphertext?.content.length).toBe(size - (size % 16) + 16)
      }),
      { numRuns: 40 },
    )
  })

  it('has version 0 for RSA alone and 2 with an elliptic curve (RFC 5652 6.1)', async () => {
    for (const [recipients, version] of [
      [[bob], 0],
      [[bob, to('bob-ec')], 2],
    ] as const) {
      const [, explicit] = childrenOf(
        readDer(await written(bytesInMemory(new Uint8Array(1)), [...recipients])),
      )
      const inner = explicit && childrenOf(explicit)[0]
      expect(inner && childrenOf(inner)[0]?.content[0]).toBe(version)
    }
  })

  it('never looks the same twice', async () => {
    const content = bytesInMemory(Buffer.from('Guten Tag'))
    expect((await written(content)).equals(await written(content))).toBe(false)
  })

  it('is not written for nobody', async () => {
    await expect(written(bytesInMemory(new Uint8Array(1)), [])).rejects.toThrow('nobody to encrypt to')
  })

  it('fails when its content is not as long as it said', async () => {
    const lying: ByteSource = { ...bytesInMemory(new Uint8Array(100)), size: 50 }
    await expect(
      written({ ...lying, stream: () => bytesInMemory(new Uint8Array(100)).stream() }),
    ).rejects.toThrow('changed while it was encrypted')
  })
})
