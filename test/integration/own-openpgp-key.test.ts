import { afterAll, expect, test } from 'vitest'
import { generateOpenPgpKey, revokeOpenPgpKey } from '../../src/keys/openpgp/openpgp-own.ts'
import { publicOpenPgpKey } from '../../src/keys/openpgp/openpgp-public.ts'
import { bytesInMemory } from '../../src/message/byte-source.ts'
import { openMessage } from '../../src/protection/openpgp/open-message.ts'
import { openWorkspace } from '../../src/storage/spool.ts'
import { startGpg } from '../support/openpgp-judges.ts'
import { allOf } from '../support/smime-judges.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const folder = temporaryFolder()
const gpg = startGpg(folder.path)
const workspace = openWorkspace(folder.path, { sizeLimit: 1024 * 1024 })
afterAll(async () => {
  gpg[Symbol.dispose]()
  await workspace[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

test('GnuPG encrypts to a key that we made, we open it, also once the key is revoked, and GnuPG then refuses it', async () => {
  const made = await generateOpenPgpKey({ name: 'Ann Lee', address: 'ann@kanzlei.example' }, new Date())
  const encrypt = () => gpg.run(['--recipient', made.fingerprint, '--encrypt'], Buffer.from('Vertraulich.'))
  const opened = async (message: Uint8Array, privateKey: string) => {
    const reader = { privateKeys: [privateKey], verificationKeys: [] }
    const result = await openMessage(bytesInMemory(message), reader, workspace, new Date())
    return result.kind === 'opened' ? (await allOf(result.content)).toString() : result.reason
  }
  gpg.import((await publicOpenPgpKey(made.armored)).armored)
  const message = encrypt()
  expect(await opened(message, made.armored)).toBe('Vertraulich.')

  const revoked = await revokeOpenPgpKey(made.armored, 'superseded', new Date())
  expect(await opened(message, revoked.armored)).toBe('Vertraulich.')
  gpg.import((await publicOpenPgpKey(revoked.armored)).armored)
  expect(encrypt).toThrow(/KEYREVOKED|INV_RECP|unusable/i)
})
