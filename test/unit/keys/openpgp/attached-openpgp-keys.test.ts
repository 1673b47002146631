import { expect, it } from 'vitest'
import { attachedOpenPgpKeys } from '../../../../src/keys/openpgp/attached-openpgp-keys.ts'
import { bytesInMemory } from '../../../../src/message/byte-source.ts'
import { MimeScanner } from '../../../../src/message/mime-scanner.ts'
import { armoredKey } from '../../../support/openpgp-judges.ts'

const at = new Date('2026-12-01T00:00:00Z')
const dave = armoredKey('dave-curve25519', 'pub').replaceAll('\n', '\r\n')

async function keysIn(parts: readonly (readonly [string, string])[]) {
  const body = parts.map(([fields, content]) => `--b\r\n${fields}\r\n\r\n${content}\r\n`).join('')
  const bytes = Buffer.from(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${body}--b--\r\n`)
  const scanner = new MimeScanner()
  scanner.push(bytes)
  return attachedOpenPgpKeys(bytesInMemory(bytes), scanner.end().root, at)
}

it('keys come as application/pgp-keys, in any encoding, or as files that end in .asc', async () => {
  const found = await keysIn([
    ['Content-Type: text/plain', 'Hello'],
    ['Content-Type: application/pgp-keys', dave],
    [
      'Content-Type: application/octet-stream; name=key.asc\r\nContent-Transfer-Encoding: base64',
      Buffer.from(armoredKey('carol-rsa3072', 'sec')).toString('base64'),
    ],
    ['Content-Type: text/plain; name=signature.asc', 'no key'],
    ['Content-Type: application/pgp-keys', 'broken'],
  ])
  expect(found.map(({ addresses, isPrivate }) => [addresses[0], isPrivate])).toEqual([
    ['dave@partner.example', false],
    ['carol@partner.example', true],
  ])
})

it('keys in attached messages are not those of the author', async () => {
  const forwarded = `Content-Type: application/pgp-keys\r\n\r\n${dave}`
  expect(await keysIn([['Content-Type: message/rfc822', forwarded]])).toEqual([])
})
