import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ByteSource, bytesInMemory, type Workspace } from '../../src/message/byte-source.ts'
import type { MimeEntity } from '../../src/message/mime-entity.ts'
import { openMailCrypto } from '../../src/protection/threads/mail-crypto.ts'
import { openWorkspace } from '../../src/storage/spool.ts'
import { armoredKey } from '../support/openpgp-judges.ts'
import { messageOf, opensslDecrypts } from '../support/smime-judges.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { testCertificate, testSigner } from '../support/test-keys.ts'

const never = new AbortController().signal
const folder = temporaryFolder()
const crypto = openMailCrypto()
let workspace: Workspace
beforeAll(() => {
  workspace = openWorkspace(folder.path, { sizeLimit: 100e6 })
})
afterAll(async () => {
  await crypto[Symbol.asyncDispose]()
  await workspace[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const line = `${Buffer.alloc(57, 'Zahlen').toString('base64')}\r\n`
const textOf = (body: ByteSource): MimeEntity => ({
  fields: [{ name: 'Content-Type', value: ' text/plain' }],
  body,
})
const recipients = [{ certificate: testCertificate('bob-rsa'), keyTransport: 'rsa-pkcs1' }] as const
const signAndEncrypt = async (entity: MimeEntity) => {
  const signed = await crypto.signEntity(
    never,
    entity,
    testSigner('alice-rsa'),
    'clear',
    workspace,
    new Date(),
  )
  return crypto.encryptEntity(never, signed, recipients, 'aes-256-cbc', workspace)
}
const openPgp = (entity: MimeEntity) => {
  const keys = {
    signer: armoredKey('carol-rsa3072', 'sec'),
    recipients: [armoredKey('dave-curve25519', 'pub')],
  }
  return crypto.signAndEncryptOpenPgp(never, entity, keys, workspace, new Date())
}

test('small mail, S/MIME and OpenPGP, passes while four of 25 MB are encrypted', {
  timeout: 120_000,
}, async () => {
  const small = textOf(bytesInMemory(Buffer.from('Guten Tag.\r\n')))
  // Its library is loaded with the first use.
  await openPgp(small)
  const blocks = function* () {
    const block = Buffer.from(line.repeat(400))
    for (let size = 0; size < 25e6; size += block.length) yield block
  }
  const large = textOf(await workspace.collect(ofAll(blocks())))
  let largeDone = 0
  const encryptions = Array.from({ length: 4 }, async () => {
    const encrypted = await signAndEncrypt(large)
    largeDone += 1
    return encrypted
  })
  await openPgp(small)
  for (let count = 0; count < 5; count += 1) await signAndEncrypt(small)
  expect(largeDone).toBeLessThan(4)
  const [first] = await Promise.all(encryptions)
  const read = opensslDecrypts(await messageOf(first as MimeEntity), 'bob-rsa', folder.path)
  expect(read.includes(line.repeat(400))).toBe(true)
  expect(read.length).toBeGreaterThan(25e6)
})

async function* ofAll(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces
}
