import { execFileSync } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { controlCalls } from '../../../../src/gateway/calls/control-calls.ts'
import { startControlServer } from '../../../../src/gateway/calls/control-server.ts'
import { askOver } from '../../../../src/gateway/calls/gateway-client.ts'
import { portalCalls } from '../../../../src/gateway/calls/portal-calls.ts'
import { portalHandlers } from '../../../../src/gateway/calls/portal-handlers.ts'
import type { StoredKey } from '../../../../src/storage/key-store.ts'
import {
  authority,
  type MadeCertificate,
  mailUser,
  makeCertificate,
} from '../../../support/make-certificate.ts'
import { storedCertificate } from '../../../support/stored-key.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())

const root = makeCertificate(folder.path, { name: 'root', extensions: authority })
const made = (address: string) =>
  makeCertificate(folder.path, { name: address, issuer: root, extensions: mailUser(address) })
const ann = made('ann@kanzlei.example')
const ben = made('ben@kanzlei.example')
const client = made('client@mandant.example')

const stored = ({ certificate }: MadeCertificate, change: Partial<StoredKey> = {}) =>
  storedCertificate(certificate, { hasPrivateKey: true, chain: [root.certificate.pem], ...change })

const organization = { name: 'Kanzlei', telephone: '+49 30 1', domains: ['kanzlei.example'] }
const now = () => new Date()
const handlersFor = (list: readonly StoredKey[], at = now) =>
  portalHandlers({ organization, keyStore: { list: async () => list }, now: at })

describe('what the portal is told of certificates', () => {
  it('is those of our staff, and nothing of their keys', async () => {
    const all = [stored(ben), stored(ann), stored(client, { hasPrivateKey: false })]
    const { certificates, bundle } = await handlersFor(all).certificates({})
    expect(certificates.map(({ addresses }) => addresses)).toEqual([
      ['ann@kanzlei.example'],
      ['ben@kanzlei.example'],
    ])
    expect(certificates[0]).toEqual({
      fingerprint: ann.certificate.fingerprint,
      addresses: ['ann@kanzlei.example'],
      subject: 'CN=ann@kanzlei.example, O=Test',
      issuer: 'CN=root, O=Test',
      notBefore: ann.certificate.notBefore.toISOString(),
      notAfter: ann.certificate.notAfter.toISOString(),
      der: ann.certificate.x509.raw.toString('base64'),
    })
    const listed = execFileSync('openssl', ['pkcs7', '-inform', 'DER', '-print_certs'], {
      input: Buffer.from(bundle, 'base64'),
      encoding: 'utf8',
    })
    // The common authority stands in it once.
    expect([...listed.matchAll(/^subject=.*CN = (\S+)$/gm)].map(([, name]) => name).sort()).toEqual([
      'ann@kanzlei.example',
      'ben@kanzlei.example',
      'root',
    ])
  })

  for (const [what, list, at] of [
    ['a client whose key file was imported by mistake', [stored(client)], now],
    ['a certificate of which only the public half is here', [stored(ann, { hasPrivateKey: false })], now],
    ['a retired certificate', [stored(ann, { state: 'retired' })], now],
    ['an OpenPGP key', [stored(ann, { kind: 'openpgp' })], now],
    ['an expired certificate', [stored(ann)], () => new Date(Date.now() + 500 * 86_400_000)],
    ['a certificate whose time is still to come', [stored(ann)], () => new Date(Date.now() - 86_400_000)],
  ] as const) {
    it(`leaves out ${what}`, async () => {
      const { certificates, bundle } = await handlersFor(list, at).certificates({})
      expect(certificates).toEqual([])
      expect(bundle).toBe((await handlersFor([]).certificates({})).bundle)
    })
  }

  it('without a certificate is a bundle that OpenSSL still reads', async () => {
    const { bundle } = await handlersFor([]).certificates({})
    const input = Buffer.from(bundle, 'base64')
    expect(() => execFileSync('openssl', ['pkcs7', '-inform', 'DER', '-noout'], { input })).not.toThrow()
  })
})

describe('the socket of the portal', () => {
  it('is for our user and the group of the portal, and has no call of the administrator', async () => {
    const path = join(folder.path, 'portal.sock')
    await using _server = await startControlServer({
      path,
      calls: portalCalls,
      handlers: handlersFor([stored(ann)]),
      group: process.getgid?.() ?? 0,
      onError: () => {},
    })
    expect((await stat(path)).mode & 0o777).toBe(0o660)
    expect(await askOver(path, 'organization', {}, 5000)).toEqual({ name: 'Kanzlei', telephone: '+49 30 1' })
    for (const call of Object.keys(controlCalls)) {
      await expect(askOver(path, call, {}, 5000)).rejects.toThrow(/no call of this name/)
    }
  })

  it('is not taken from a gateway that listens on it', async () => {
    const path = join(folder.path, 'taken.sock')
    const socket = { path, calls: portalCalls, handlers: handlersFor([]), onError: () => {} }
    await using _first = await startControlServer(socket)
    await expect(startControlServer(socket)).rejects.toThrow(/Another process listens/)
  })
})
