import { createHash, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { context, octetString, oid, sequence, time } from '../../../../src/keys/x509/write-der.ts'
import { partBytes } from '../../../../src/message/build-part.ts'
import { bytesInMemory, type Workspace } from '../../../../src/message/byte-source.ts'
import { certificatesOnly } from '../../../../src/protection/smime/certificates-only.ts'
import { coveredContent } from '../../../../src/protection/smime/covered-content.ts'
import { readSignedData } from '../../../../src/protection/smime/read-signed-data.ts'
import { type SignatureForm, signEntity } from '../../../../src/protection/smime/sign.ts'
import { verifySignedData } from '../../../../src/protection/smime/verify-signed.ts'
import { verifySigner } from '../../../../src/protection/smime/verify-signer.ts'
import { openWorkspace } from '../../../../src/storage/spool.ts'
import {
  attribute,
  buildSignedData,
  contentTypeAttribute,
  digestAttribute,
  type OddSignedData,
  signerInfoOver,
  signerInfoWithoutAttributes,
} from '../../../support/build-signed-data.ts'
import { allOf, messageOf, signatureOf } from '../../../support/smime-judges.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { testCertificate, testSigner } from '../../../support/test-keys.ts'

const content = Buffer.from('Content-Type: text/plain\r\n\r\nBitte zahlen Sie 100 Euro\r\n')
const good = [contentTypeAttribute, digestAttribute(content)]
const aliceRaw = testCertificate('alice-rsa').x509.raw

describe('of a CMS signature', () => {
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

  const verified = (cms: Uint8Array, detached?: Uint8Array) =>
    verifySignedData(bytesInMemory(cms), detached && bytesInMemory(detached), workspace)
  const verdict = async (odd: OddSignedData, detached?: Uint8Array) => {
    const { problem, signers } = await verified(buildSignedData(odd), detached)
    return problem ?? signers.map((signer) => signer.problem ?? 'intact').join(', ')
  }
  const ours = async (form: SignatureForm, name = 'alice-rsa') => {
    const entity = { fields: [{ name: 'Content-Type', value: ' text/plain' }], body: bytesInMemory(content) }
    const signed = await signEntity(
      entity,
      testSigner(name),
      form,
      workspace,
      new Date('2026-06-01T12:00:00Z'),
    )
    if (form === 'opaque') return Buffer.from((await allOf(signed.body)).toString('latin1'), 'base64')
    return signatureOf(await messageOf(signed))
  }

  const other = Buffer.from(content.toString().replace('100', '900'))
  const second = testSigner('bob-rsa')
  for (const [what, odd, detached, expected] of [
    ['over the content inside', { content, signerInfos: [signerInfoOver(good)] }, undefined, 'intact'],
    ['over the content beside it', { signerInfos: [signerInfoOver(good)] }, content, 'intact'],
    ['without attributes', { signerInfos: [signerInfoWithoutAttributes(content)] }, content, 'intact'],
    ['with attributes in no order', { signerInfos: [signerInfoOver(good.toReversed())] }, content, 'intact'],
    ['over another content', { signerInfos: [signerInfoOver(good)] }, other, 'content-changed'],
    [
      'over another content without attributes',
      { signerInfos: [signerInfoWithoutAttributes(content)] },
      other,
      'wrong-signature',
    ],
    ['over nothing', { signerInfos: [signerInfoOver(good)] }, undefined, 'no-content'],
    ['over which of two', { content, signerInfos: [signerInfoOver(good)] }, other, 'two-contents'],
    [
      'over which of two equal ones',
      { content, signerInfos: [signerInfoOver(good)] },
      content,
      'two-contents',
    ],
    [
      'over what is no mail',
      { contentType: oid('1.2.840.113549.1.9.16.1.4'), signerInfos: [signerInfoOver(good)] },
      content,
      'wrong-content-type',
    ],
    [
      'whose attributes speak of what is no mail',
      {
        signerInfos: [
          signerInfoOver([attribute('1.2.840.113549.1.9.3', oid('1.2.3')), digestAttribute(content)]),
        ],
      },
      content,
      'wrong-attributes',
    ],
    [
      'without digest',
      { signerInfos: [signerInfoOver([contentTypeAttribute])] },
      content,
      'wrong-attributes',
    ],
    [
      'without type',
      { signerInfos: [signerInfoOver([digestAttribute(content)])] },
      content,
      'wrong-attributes',
    ],
    ['with no attribute at all', { signerInfos: [signerInfoOver([])] }, content, 'wrong-attributes'],
    [
      'with two digests',
      { signerInfos: [signerInfoOver([...good, digestAttribute(other)])] },
      content,
      'wrong-attributes',
    ],
    [
      'with two digests, shown with the other content',
      { signerInfos: [signerInfoOver([...good, digestAttribute(other)])] },
      other,
      'wrong-attributes',
    ],
    [
      'with a digest of two values',
      {
        signerInfos: [
          signerInfoOver([
            contentTypeAttribute,
            attribute('1.2.840.113549.1.9.4', octetString(sha256(content)), octetString(sha256(other))),
          ]),
        ],
      },
      content,
      'wrong-attributes',
    ],
    [
      'with two times',
      {
        signerInfos: [
          signerInfoOver([
            ...good,
            ...['2026', '2027'].map((year) => attribute('1.2.840.113549.1.9.5', time(new Date(year)))),
          ]),
        ],
      },
      content,
      'wrong-attributes',
    ],
    [
      'with two values of what proves nothing',
      { signerInfos: [signerInfoOver([...good, attribute('1.2.3', oid('1.2.4'), oid('1.2.5'))])] },
      content,
      'intact',
    ],
    [
      'by a key that the certificate does not have',
      { signerInfos: [signerInfoOver(good, { key: second.privateKey })] },
      content,
      'wrong-signature',
    ],
    [
      'by nobody who came along',
      { certificates: [second.certificate.x509.raw], signerInfos: [signerInfoOver(good)] },
      content,
      'no-certificate',
    ],
    [
      'whose signer meant another certificate',
      { signerInfos: [signerInfoOver([...good, namesV2(second.certificate.x509.raw)])] },
      content,
      'other-certificate',
    ],
    [
      'whose signer meant another certificate, by SHA-1',
      { signerInfos: [signerInfoOver([...good, namesV1(second.certificate.x509.raw)])] },
      content,
      'other-certificate',
    ],
    [
      'whose signer meant this certificate, twice',
      { signerInfos: [signerInfoOver([...good, namesV1(aliceRaw), namesV2(aliceRaw)])] },
      content,
      'intact',
    ],
    [
      'by one who signed and one who did not',
      {
        signerInfos: [signerInfoOver(good), signerInfoOver(good, { key: second.privateKey })],
      },
      content,
      'intact, wrong-signature',
    ],
    ['by nine', { signerInfos: Array<Buffer>(9).fill(signerInfoOver(good)) }, content, 'too-large'],
    [
      'with 33 certificates',
      { certificates: Array<Buffer>(33).fill(aliceRaw), signerInfos: [signerInfoOver(good)] },
      content,
      'too-large',
    ],
    [
      'with 300 KB of certificates',
      {
        certificates: Array<Buffer>(3).fill(sequence(octetString(Buffer.alloc(100_000)))),
        signerInfos: [signerInfoOver(good)],
      },
      content,
      'too-large',
    ],
    [
      'with a broken certificate among good ones',
      { certificates: [sequence(octetString(Buffer.of(1))), aliceRaw], signerInfos: [signerInfoOver(good)] },
      content,
      'intact',
    ],
    [
      'with an attribute certificate',
      { certificates: [aliceRaw, context(2, Buffer.of(5, 0))], signerInfos: [signerInfoOver(good)] },
      content,
      'intact',
    ],
  ] as const) {
    it(`one ${what} is ${expected}`, async () => {
      expect(await verdict(odd, detached)).toBe(expected)
    })
  }

  it('the attributes are no content of their own, although the same bytes were signed', async () => {
    const attributes = context(17, Buffer.concat(good))
    attributes[0] = 0x31
    expect(await verdict({ signerInfos: [signerInfoWithoutAttributes(attributes)] }, attributes)).toBe(
      'wrong-attributes',
    )
  })

  it('a certificate alone is no signature', async () => {
    const { signers, problem, certificates } = await verified(
      certificatesOnly([testCertificate('alice-rsa')]),
    )
    expect([signers, problem, certificates.length]).toEqual([[], undefined, 1])
  })

  it('padding that is not looked at to its end forges nothing (CVE-2006-4339, CVE-2025-12816)', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })
    const set = context(17, Buffer.concat(good))
    set[0] = 0x31
    const digestInfo = Buffer.concat([
      Buffer.from('3031300d060960864801650304020105000420', 'hex'),
      sha256(set),
    ])
    // 00 01 FF..FF 00 DigestInfo, and behind it room enough for a cube: whoever reads up to the digest only is content.
    const front = Buffer.concat([Buffer.from('0001ffffffffffffffff00', 'hex'), digestInfo])
    const wanted = BigInt(
      `0x${Buffer.concat([front, Buffer.alloc(256 - front.length, 0xff)]).toString('hex')}`,
    )
    const forged = Buffer.from(cubeRoot(wanted).toString(16).padStart(512, '0'), 'hex')
    const cubed = (cubeRoot(wanted) ** 3n).toString(16).padStart(512, '0')
    expect(cubed.startsWith(front.toString('hex'))).toBe(true)
    const certificate = { ...testCertificate('alice-rsa'), publicKey }
    const cms = buildSignedData({ signerInfos: [signerInfoOver(good, { signature: forged })] })
    const { signerInfos } = await readSignedData(bytesInMemory(cms), workspace)
    const [info] = signerInfos
    if (!info) throw new Error('no signer')
    const signer = await verifySigner(info, [certificate], coveredContent(bytesInMemory(content), true))
    expect(signer).toMatchObject({ isIntact: false, problem: 'wrong-signature' })
  })

  it('what is said under a broken signature is not told', async () => {
    const cms = await ours('clear')
    const { signers } = await verified(cms, other)
    expect(signers).toMatchObject([{ isIntact: false, signedAt: undefined, capabilities: [] }])
    expect(signers[0]).not.toHaveProperty('encryptionCertificate')
  })

  it('the content is given as it was signed', async () => {
    const { content: given, signers } = await verified(await ours('opaque'))
    const entity = { fields: [{ name: 'Content-Type', value: ' text/plain' }], body: bytesInMemory(content) }
    expect(given && (await allOf(given))).toEqual(await allOf(partBytes(entity)))
    expect(signers[0]?.signedAt).toEqual(new Date('2026-06-01T12:00:00Z'))
  })

  it('lengths without end and strings in pieces are read as they are written by streaming programs', async () => {
    const cms = streamed([content.subarray(0, 10), content.subarray(10)].map((piece) => octetString(piece)))
    const { signers, content: given } = await verified(cms)
    expect(signers).toMatchObject([{ isIntact: true }])
    expect(given && (await allOf(given))).toEqual(content)
  })

  it('bombs are malformed: signers nested without end, content in millions of pieces', async () => {
    const nested = sequence(oid('1.2.840.113549.1.7.2'), Buffer.alloc(20_000, Buffer.of(0xa0, 0x80)))
    const endless = Buffer.alloc(200_000, Buffer.of(0x30, 0x80))
    const bomb = streamed([Buffer.alloc(2_200_000, Buffer.of(0x04, 0x00))])
    for (const cms of [nested, endless, bomb]) {
      expect(await verified(cms, content)).toMatchObject({ problem: 'malformed', signers: [] })
    }
  })

  test('arbitrary bytes are no signature, and no error either', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        const { problem, signers } = await verified(bytes, content)
        expect(signers).toEqual([])
        expect(problem).toBeDefined()
      }),
    )
  })

  test('a signature with changed bytes is no error, and covers no other content', async () => {
    const signatures = [await ours('clear'), await ours('clear', 'alice-ec'), await ours('opaque')]
    const change = fc.record({ at: fc.nat(), to: fc.nat(255), cut: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...signatures),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        async (cms, changes) => {
          let changed = Buffer.from(cms)
          for (const { at, to, cut } of changes) {
            const place = at % changed.length
            changed[place] = to
            if (cut && at % 5 === 0) changed = changed.subarray(0, place + 1)
          }
          const { signers } = await verified(changed, other)
          expect(signers.some(({ isIntact }) => isIntact)).toBe(false)
          const opaque = await verified(changed)
          if (opaque.signers.some(({ isIntact }) => isIntact)) {
            expect(opaque.content && (await allOf(opaque.content)).includes(content)).toBe(true)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

/** As programs write it that do not know how long the content will be. */
function streamed(pieces: readonly Uint8Array[]): Buffer {
  const endless = (tag: number, ...inside: readonly Uint8Array[]) =>
    Buffer.concat([Buffer.of(tag, 0x80), ...inside, Buffer.of(0, 0)])
  const signed = endless(
    0x30,
    Buffer.from('020101', 'hex'),
    Buffer.from('3100', 'hex'),
    endless(0x30, oid('1.2.840.113549.1.7.1'), endless(0xa0, endless(0x24, ...pieces))),
    endless(0xa0, aliceRaw),
    endless(0x31, signerInfoOver(good)),
  )
  return endless(0x30, oid('1.2.840.113549.1.7.2'), endless(0xa0, signed))
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

/** signingCertificateV2 (RFC 5035 3). */
function namesV2(raw: Uint8Array): Buffer {
  return attribute('1.2.840.113549.1.9.16.2.47', sequence(sequence(sequence(octetString(sha256(raw))))))
}

/** signingCertificate (RFC 2634 5.4). */
function namesV1(raw: Uint8Array): Buffer {
  const hash = createHash('sha1').update(raw).digest()
  return attribute('1.2.840.113549.1.9.16.2.12', sequence(sequence(sequence(octetString(hash)))))
}

/** The largest whole number whose cube is not above `value`. */
function cubeRoot(value: bigint): bigint {
  let low = 0n
  let high = 1n << 700n
  while (low < high) {
    const middle = (low + high + 1n) >> 1n
    if (middle ** 3n <= value) low = middle
    else high = middle - 1n
  }
  return low
}
