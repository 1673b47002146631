import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { describe, expect, it } from 'vitest'
import { askedAddress } from '../../../../src/keys/discovery/asked-address.ts'
import { hkpServer, verifyingKeyServer } from '../../../../src/keys/discovery/key-servers.ts'
import { keyHostAddress, startKeyHost } from '../../../support/key-host.ts'

const carol = readFileSync(new URL('../../../keys/pgp/carol-rsa3072.pub.asc', import.meta.url), 'utf8')
const asked = askedAddress('Carol@partner.example')
const forever = new AbortController().signal

async function ask(kind: typeof hkpServer, handler: RequestListener) {
  await using host = await startKeyHost({ 'keys.example': { A: [keyHostAddress] } }, handler)
  if (!asked) throw new Error('an odd address')
  return { answer: await kind('keys.example', host.fetch).ask(asked, forever), seen: [...host.seen] }
}

describe('A key server', () => {
  it('that confirms addresses is asked by address, and its word counts as found', async () => {
    const { answer, seen } = await ask(verifyingKeyServer, (_, response) => response.end(carol))
    expect(seen).toEqual(['GET keys.example /vks/v1/by-email/carol%40partner.example'])
    expect(answer).toMatchObject({
      kind: 'found',
      keys: [{ kind: 'openpgp', source: 'vks keys.example', trust: 'discovered' }],
    })
  })

  it('that takes keys from anybody is believed no more than a mail', async () => {
    const { answer, seen } = await ask(hkpServer, (_, response) => response.end(carol))
    expect(seen).toEqual([
      'GET keys.example /pks/lookup?op=get&options=mr&exact=on&search=carol%40partner.example',
    ])
    expect(answer).toMatchObject({
      kind: 'found',
      keys: [{ source: 'hkp keys.example', trust: 'harvested' }],
    })
  })

  for (const [status, kind] of [
    [404, 'none'],
    [410, 'none'],
    [429, 'error'],
    [500, 'error'],
    [403, 'error'],
    [301, 'error'],
  ] as const) {
    it(`that answers ${status} has ${kind === 'none' ? 'no key' : 'told nothing'}`, async () => {
      for (const source of [verifyingKeyServer, hkpServer]) {
        const { answer } = await ask(source, (_, response) => {
          response.statusCode = status
          response.end('no')
        })
        expect(answer.kind).toBe(kind)
      }
    })
  }

  it('cannot bring the key of somebody else', async () => {
    const dave = readFileSync(new URL('../../../keys/pgp/dave-curve25519.pub.asc', import.meta.url), 'utf8')
    expect((await ask(hkpServer, (_, response) => response.end(dave))).answer).toEqual({ kind: 'none' })
  })
})
