import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { generateKey, readKey } from 'openpgp'
import { beforeAll, describe, expect, it } from 'vitest'
import { askedAddress } from '../../../../src/keys/discovery/asked-address.ts'
import { webKeyDirectory } from '../../../../src/keys/discovery/web-key-directory.ts'
import { readOpenPgpKey } from '../../../../src/keys/openpgp/openpgp-key.ts'
import { keyHostAddress, startKeyHost } from '../../../support/key-host.ts'
import type { Zone } from '../../../support/zone-lookup.ts'

const dave = readFileSync(new URL('../../../keys/pgp/dave-curve25519.pub.asc', import.meta.url), 'utf8')
const carol = readFileSync(new URL('../../../keys/pgp/carol-rsa3072.pub.asc', import.meta.url), 'utf8')
const daveFingerprint = 'cdd14b158fffd8fd104510ea43772631146e5271'
const forever = new AbortController().signal

let daveBytes: Uint8Array
let carolBytes: Uint8Array
beforeAll(async () => {
  daveBytes = (await readKey({ armoredKey: dave })).write()
  carolBytes = (await readKey({ armoredKey: carol })).write()
})

const here = { A: [keyHostAddress] }
const advanced: Zone = { 'openpgpkey.partner.example': here, 'partner.example': here }
const direct: Zone = { 'partner.example': here }
/** As `gpg --with-wkd-hash` says. */
const daveHash = 'z9g983skpuzwkib59q4zknqjfmsjwqx5'

async function ask(address: string, zone: Zone, handler: RequestListener, signal = forever) {
  await using host = await startKeyHost(zone, handler)
  const asked = askedAddress(address)
  if (!asked) throw new Error('an odd address')
  const answer = await webKeyDirectory(host.fetch, host.lookup).ask(asked, signal)
  return { answer, seen: [...host.seen], asked: [...host.asked] }
}

describe('The web key directory of a domain', () => {
  it('gives the key of an address by the advanced method, asking nothing else', async () => {
    const { answer, seen } = await ask('Dave@partner.example', advanced, (_, response) =>
      response.end(daveBytes),
    )
    expect(answer).toMatchObject({
      kind: 'found',
      keys: [{ kind: 'openpgp', source: 'wkd', trust: 'discovered' }],
    })
    if (answer.kind !== 'found') return
    expect((await readOpenPgpKey(answer.keys[0]?.material ?? '')).fingerprint).toBe(daveFingerprint)
    expect(seen).toEqual([
      `GET openpgpkey.partner.example /.well-known/openpgpkey/partner.example/hu/${daveHash}?l=Dave`,
    ])
  })

  it('gives it by the direct method where the host of the other one does not exist', async () => {
    const { answer, seen } = await ask('dave@partner.example', direct, (_, response) => response.end(dave))
    expect(answer.kind).toBe('found')
    expect(seen).toEqual([`GET partner.example /.well-known/openpgpkey/hu/${daveHash}?l=dave`])
  })

  it('is not looked for at the domain itself where the other host exists and fails', async () => {
    for (const status of [404, 500, 403]) {
      const { answer, seen } = await ask('dave@partner.example', advanced, (request, response) => {
        response.statusCode = request.headers.host?.startsWith('openpgpkey') ? status : 200
        response.end(daveBytes)
      })
      expect(answer.kind).toBe(status === 404 ? 'none' : 'error')
      expect(seen).toHaveLength(1)
    }
  })

  it('stays unknown while the DNS does not answer', async () => {
    const zone: Zone = { 'openpgpkey.partner.example': { A: 'ESERVFAIL', AAAA: 'ESERVFAIL' }, ...direct }
    const { answer, seen } = await ask('dave@partner.example', zone, (_, response) => response.end(daveBytes))
    expect(answer).toEqual({ kind: 'error', reason: 'no DNS answer for openpgpkey.partner.example' })
    expect(seen).toEqual([])
  })

  it('is none where the domain has no web server, or one that knows nothing of it', async () => {
    expect((await ask('dave@partner.example', {}, () => {})).answer.kind).toBe('none')
    const page = await ask('dave@partner.example', direct, (_, response) => response.end('<html>Welcome'))
    expect(page.answer.kind).toBe('none')
  })

  for (const address of [
    '127.0.0.53',
    '169.254.169.254',
    '10.0.0.1',
    '192.168.1.1',
    '::1',
    'fd00::1',
    '::ffff:10.0.0.1',
  ]) {
    it(`is not asked at ${address}`, async () => {
      const type = address.includes(':') ? 'AAAA' : 'A'
      const { answer, seen } = await ask(
        'dave@partner.example',
        { 'openpgpkey.partner.example': { [type]: [address] } },
        (_, response) => response.end(daveBytes),
      )
      expect(answer).toMatchObject({ kind: 'error' })
      expect(seen).toEqual([])
    })
  }

  for (const [what, handler] of [
    ['sends us elsewhere', (_, response) => response.writeHead(302, { location: '/key' }).end()],
    ['sends 10 MiB', (_, response) => response.end(Buffer.alloc(10 * 1024 * 1024, 0x98))],
    [
      'sends bytes without end',
      (_, response) => {
        const more = () => {
          if (!response.destroyed) response.write(Buffer.alloc(65_536, 0x98), more)
        }
        more()
      },
    ],
    ['sends something else', (_, response) => response.end('hello')],
    ['hangs up', (request) => request.socket.destroy()],
  ] satisfies [string, RequestListener][]) {
    it(`that ${what} has told nothing`, async () => {
      const { answer, seen } = await ask('dave@partner.example', advanced, handler)
      expect(answer.kind).toBe('error')
      expect(seen).toHaveLength(1)
    })
  }

  it('that never answers is left when we have waited long enough', async () => {
    const { answer } = await ask('dave@partner.example', advanced, () => {}, AbortSignal.timeout(200))
    expect(answer).toMatchObject({ kind: 'error', reason: expect.stringContaining('in time') })
  })

  it('speaks for nobody but the asked address', async () => {
    const { answer } = await ask('dave@partner.example', advanced, (_, response) => response.end(carolBytes))
    expect(answer).toEqual({ kind: 'none' })
  })

  it('gives several keys, each with the user ids of the asked address only', async () => {
    const made = await generateKey({
      userIDs: [
        { name: 'Dave', email: 'dave@partner.example' },
        { name: 'Our bank', email: 'payments@bank.example' },
      ],
      format: 'object',
    })
    const bytes = Buffer.concat([daveBytes, carolBytes, made.publicKey.write()])
    const { answer } = await ask('dave@partner.example', advanced, (_, response) => response.end(bytes))
    if (answer.kind !== 'found') throw new Error(answer.kind)
    const keys = await Promise.all(answer.keys.map(({ material }) => readKey({ armoredKey: material })))
    expect(keys.map((key) => key.getFingerprint())).toEqual([
      daveFingerprint,
      made.publicKey.getFingerprint(),
    ])
    expect(keys.map((key) => key.getUserIDs())).toEqual([
      ['Dave Partner <dave@partner.example>'],
      ['Dave <dave@partner.example>'],
    ])
  })

  it('gives at most five keys', async () => {
    const made = await Promise.all(
      Array.from({ length: 7 }, () =>
        generateKey({ userIDs: [{ email: 'dave@partner.example' }], format: 'object' }),
      ),
    )
    const bytes = Buffer.concat(made.map(({ publicKey }) => publicKey.write()))
    const { answer } = await ask('dave@partner.example', advanced, (_, response) => response.end(bytes))
    expect(answer.kind === 'found' && answer.keys.length).toBe(5)
  })

  it('gives no private key away that somebody published by mistake', async () => {
    const file = new URL('../../../keys/pgp/dave-curve25519.sec.asc', import.meta.url)
    const { answer } = await ask('dave@partner.example', advanced, (_, response) =>
      response.end(readFileSync(file)),
    )
    expect(answer).toEqual({ kind: 'none' })
  })
})
