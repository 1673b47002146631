import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { askedAddress } from '../../../../src/keys/discovery/asked-address.ts'
import { ldapDirectory } from '../../../../src/keys/discovery/ldap-directory.ts'
import { type LdapServer, type LdapServerOptions, startLdapServer } from '../../../support/ldap-server.ts'
import { testCertificate, testKeyFile } from '../../../support/test-keys.ts'

const forever = new AbortController().signal
const bob = testCertificate('bob-rsa')
const bobAddress = bob.addresses[0] ?? ''
const entry = { 'userCertificate;binary': [bob.x509.raw] }
const ofBob = (found: LdapServerOptions['find'] = () => [entry]) => found

async function ask(
  options: LdapServerOptions,
  { address = bobAddress, signal = forever, authorities = (server: LdapServer) => [server.authority] } = {},
) {
  await using server = await startLdapServer(options)
  const scheme = options.tls === 'ldaps' ? 'ldaps' : 'ldap'
  const source = ldapDirectory({
    url: `${scheme}://127.0.0.1:${server.port}`,
    base: 'o=partner',
    authorities: authorities(server),
  })
  const asked = askedAddress(address)
  if (!asked) throw new Error('an odd address')
  const answer = await source.ask(asked, signal)
  return { answer, port: server.port, asked: [...server.asked], inClear: [...server.inClear] }
}

describe('A directory', () => {
  for (const tls of ['ldaps', 'starttls'] as const) {
    it(`gives the certificate of an address over ${tls}, and is asked for nothing else`, async () => {
      const { answer, port, asked, inClear } = await ask({ tls, find: ofBob() })
      expect(answer).toEqual({
        kind: 'found',
        keys: [
          {
            kind: 'smime',
            material: bob.pem,
            chain: [],
            source: `ldap 127.0.0.1:${port}`,
            trust: 'discovered',
          },
        ],
      })
      expect(asked).toEqual([`o=partner mail=${bobAddress}`])
      expect(inClear).toEqual(tls === 'starttls' ? [119] : [])
    })
  }

  it('that holds PKCS#7 gives the chain along', async () => {
    const p7 = execFileSync('openssl', [
      ...['crl2pkcs7', '-nocrl', '-outform', 'DER'],
      ...['-certfile', testKeyFile('bob-rsa.cert.pem'), '-certfile', testKeyFile('intermediate-ca.cert.pem')],
    ])
    const both = { ...entry, 'userSMIMECertificate;binary': [p7] }
    const { answer } = await ask({ tls: 'ldaps', find: ofBob(() => [both]) })
    if (answer.kind !== 'found') throw new Error(answer.kind)
    expect(answer.keys).toMatchObject([
      { material: bob.pem, chain: [testCertificate('intermediate-ca').pem] },
    ])
  })

  it('gives nobody else’s certificate, and survives what is none', async () => {
    const alice = testCertificate('alice-rsa').x509.raw
    const mixed = { 'userCertificate;binary': [alice, Buffer.from('no certificate'), Buffer.alloc(0)] }
    expect((await ask({ tls: 'ldaps', find: ofBob(() => [mixed]) })).answer).toEqual({ kind: 'none' })
    const behind = { 'userCertificate;binary': [Buffer.from('junk'), bob.x509.raw] }
    expect((await ask({ tls: 'ldaps', find: ofBob(() => [behind]) })).answer.kind).toBe('found')
  })

  it('that knows nobody by this address has none', async () => {
    expect((await ask({ tls: 'ldaps', find: () => [] })).answer).toEqual({ kind: 'none' })
  })

  it('takes an address as a value, not as a filter', async () => {
    const { asked } = await ask({ tls: 'ldaps', find: () => [] }, { address: 'b*b|{}@partner.example' })
    expect(asked).toEqual(['o=partner mail=b*b|{}@partner.example'])
  })

  it('that found more than it may say still counts', async () => {
    expect((await ask({ tls: 'ldaps', find: ofBob(), result: 4 })).answer.kind).toBe('found')
  })

  it('that fails, refuses TLS, is somebody else or hangs up has told nothing, and heard nothing', async () => {
    expect((await ask({ tls: 'ldaps', find: ofBob(() => []), result: 32 })).answer.kind).toBe('error')
    const refused = await ask({ tls: 'refused', find: ofBob() })
    expect(refused.answer.kind).toBe('error')
    expect(refused.inClear).toEqual([119])
    const stranger = await ask({ tls: 'ldaps', find: ofBob() }, { authorities: () => [bob.pem] })
    expect(stranger.answer.kind).toBe('error')
    expect(stranger.asked).toEqual([])
    const gone = await ask({ tls: 'ldaps', find: ofBob(), instead: (socket) => socket.destroy() })
    expect(gone.answer.kind).toBe('error')
  })

  it('is not believed when somebody put an answer in the clear behind that to StartTLS', async () => {
    const { answer, asked } = await ask({ tls: 'injected', find: ofBob() })
    expect(answer.kind).toBe('error')
    expect(asked).toEqual([])
  })

  it('that sends without end is left', async () => {
    const endless: LdapServerOptions['instead'] = (socket) => {
      socket.write(Buffer.from('308400ffffff', 'hex'))
      const more = () => {
        if (!socket.destroyed) socket.write(Buffer.alloc(65_536), more)
      }
      more()
    }
    expect((await ask({ tls: 'ldaps', find: ofBob(), instead: endless })).answer.kind).toBe('error')
  })

  it('that does not answer is left when we have waited long enough', async () => {
    for (const tls of ['ldaps', 'starttls'] as const) {
      const silent = { tls, find: ofBob(), instead: () => {} }
      expect((await ask(silent, { signal: AbortSignal.timeout(300) })).answer.kind).toBe('error')
    }
  })
})
