import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { childrenOf, type DerElement, oidOf, readDer } from '../../../../src/keys/x509/read-der.ts'
import { partBytes } from '../../../../src/message/build-part.ts'
import { bytesInMemory, type Workspace } from '../../../../src/message/byte-source.ts'
import type { MimeEntity } from '../../../../src/message/mime-entity.ts'
import { signEntity } from '../../../../src/protection/smime/sign.ts'
import { openWorkspace } from '../../../../src/storage/spool.ts'
import { allOf, messageOf, signatureOf } from '../../../support/smime-judges.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { testCertificate, testSigner } from '../../../support/test-keys.ts'

const at = new Date('2026-06-01T12:00:00Z')
const text: MimeEntity = {
  fields: [{ name: 'Content-Type', value: ' text/plain' }],
  body: bytesInMemory(Buffer.from('Guten Tag\r\n')),
}

describe('a signed mail', () => {
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

  it('shows its content as it was, and says what signs it', async () => {
    const { fields, body, isSevenBit } = await signEntity(
      text,
      testSigner('alice-rsa'),
      'clear',
      workspace,
      at,
    )
    expect(isSevenBit).toBe(true)
    expect(fields.map(({ name }) => name)).toEqual(['Content-Type'])
    expect(fields[0]?.value).toMatch(
      /^ multipart\/signed; protocol="application\/pkcs7-signature";\s+micalg=sha-256;\s+boundary="=_[0-9a-f]{32}"$/,
    )
    const parts = (await allOf(body)).toString('latin1').split(/(?:\r\n)?--=_[0-9a-f]{32}(?:--)?\r\n/)
    expect(parts[1]).toBe((await allOf(partBytes(text))).toString('latin1'))
    expect(parts[2]).toMatch(/^Content-Type: application\/pkcs7-signature; name="?smime\.p7s"?\r\n/)
  })

  it('tells its digest and time, what we can read, and with which certificate to answer', async () => {
    const attributes = await attributesOf('alice-rsa')
    const digest = createHash('sha256')
      .update(await allOf(partBytes(text)))
      .digest()
    expect(attributes.get('1.2.840.113549.1.9.4')?.content).toEqual(digest)
    expect(Buffer.from(attributes.get('1.2.840.113549.1.9.5')?.content ?? []).toString()).toBe(
      '260601120000Z',
    )
    const capabilities = attributes.get('1.2.840.113549.1.9.15')
    expect(
      capabilities && childrenOf(capabilities).map((capability) => oidOf(childrenOf(capability)[0])),
    ).toEqual([
      '2.16.840.1.101.3.4.1.46',
      '2.16.840.1.101.3.4.1.42',
      '2.16.840.1.101.3.4.1.6',
      '2.16.840.1.101.3.4.1.2',
      '1.2.840.113549.1.1.7',
    ])
    const { issuer, serialNumber } = testCertificate('alice-rsa')
    for (const preference of ['1.2.840.113549.1.9.16.2.11', '1.3.6.1.4.1.311.16.4']) {
      expect(attributes.get(preference)?.content).toEqual(Buffer.concat([issuer, serialNumber]))
    }
  })

  it('asks for no encrypted answer where the certificate cannot encrypt', async () => {
    const signer = testSigner('alice-ec')
    const signsOnly = {
      ...signer,
      certificate: { ...signer.certificate, keyUsage: new Set(['digitalSignature' as const]) },
    }
    const attributes = readAttributes(
      await messageOf(await signEntity(text, signsOnly, 'clear', workspace, at)),
    )
    expect([...attributes.keys()].sort()).toEqual(
      ['3', '4', '5', '15', '16.2.47'].map((last) => `1.2.840.113549.1.9.${last}`).sort(),
    )
  })

  it('says that it may break on the way when somebody else has signed 8-bit bytes inside', async () => {
    const inner = 'Content-Type: multipart/signed; boundary=in\r\n\r\n--in\r\n\r\nGrüße\r\n--in--\r\n'
    const body = Buffer.from(`--out\r\n${inner}\r\n--out--\r\n`)
    const fields = [
      { name: 'Content-Type', value: ' multipart/mixed; boundary=out' },
      { name: 'Content-Transfer-Encoding', value: ' 8bit' },
    ]
    const signed = await signEntity(
      { fields, body: bytesInMemory(body) },
      testSigner('alice-rsa'),
      'clear',
      workspace,
      at,
    )
    expect(signed.isSevenBit).toBe(false)
    expect((await allOf(signed.body)).includes(Buffer.from(inner))).toBe(true)
    expect(signed.fields[1]).toEqual({ name: 'Content-Transfer-Encoding', value: ' 8bit' })
  })

  async function attributesOf(name: string) {
    return readAttributes(await messageOf(await signEntity(text, testSigner(name), 'clear', workspace, at)))
  }
})

/** The one value of each signed attribute, by type. */
function readAttributes(message: Uint8Array): ReadonlyMap<string, DerElement> {
  const child = (element: DerElement, index: number) => {
    const found = childrenOf(element).at(index)
    if (!found) throw new Error('not there')
    return found
  }
  const signedData = child(child(readDer(signatureOf(message)), 1), 0)
  const signerInfo = child(child(signedData, -1), 0)
  return new Map(
    childrenOf(child(signerInfo, 3)).map((attribute) => [
      oidOf(child(attribute, 0)),
      child(child(attribute, 1), 0),
    ]),
  )
}
