import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KeyPair, makeAuthority, makeHostCertificate } from '../../src/demonstration/certificates.ts'
import type { NameRecords } from '../../src/demonstration/dns-server.ts'
import { anna } from '../../src/demonstration/people.ts'
import { mustRun } from '../../src/demonstration/run-program.ts'
import { waitsFor } from '../../src/demonstration/sample.ts'
import { sendMail } from '../../src/demonstration/smtp-client.ts'
import { type HostileHost, type StartTls, startHostileHost } from '../support/hostile-host.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { writeTo } from '../support/site-mail.ts'

/** By the first label of the partner's domain. */
const partners = ['no-tls', 'plain', 'reset', 'self-signed', 'wrong-name', 'expired', 'good'] as const
type Partner = (typeof partners)[number]
const hostile = partners.filter((name) => name !== 'good')
const domainOf = (name: Partner) => `${name}.partner.example`
const harmless = new Set(['EHLO', 'HELO', 'STARTTLS', 'QUIT'])

describe.skipIf(noSite)(`mail to partners with a TLS agreement${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests()
  const hosts = new Map<Partner, HostileHost>()
  afterAll(async () => {
    for (const host of hosts.values()) await host[Symbol.asyncDispose]()
  })

  async function treatments(): Promise<Record<Partner, StartTls>> {
    const folder = site().folders.authority
    const read = (name: string): KeyPair => {
      const [certificateFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)]
      const [certificate, key] = [readFileSync(certificateFile, 'utf8'), readFileSync(keyFile, 'utf8')]
      return { certificateFile, keyFile, certificate, key }
    }
    const trusted = read('host-authority')
    const pair = ({ key, certificate }: KeyPair) => ({ key, cert: certificate })
    const certified = async (issuer: KeyPair, name: string) =>
      pair(await makeHostCertificate(issuer, folder, [name]))
    const expired = domainOf('expired')
    await makeHostCertificate(trusted, folder, [expired])
    const { certificateFile, keyFile } = trusted
    const expiredKey = join(folder, `${expired}.key`)
    const request = await mustRun(['openssl', 'req', '-new', '-key', expiredKey, '-subj', `/CN=${expired}`])
    const extensions = ['-extfile', join(folder, `${expired}.extensions`)]
    const yesterday = ['openssl', 'x509', '-req', '-sha256', '-days', '-1', ...extensions]
    const signing = ['-CA', certificateFile, '-CAkey', keyFile, '-CAcreateserial']
    const cert = (await mustRun([...yesterday, ...signing], request)).toString()
    return {
      'no-tls': 'none',
      plain: 'plain-answer',
      reset: 'reset',
      'self-signed': await certified(await makeAuthority(folder, 'own-authority'), domainOf('self-signed')),
      'wrong-name': await certified(trusted, 'somebody-else.example'),
      expired: { ...pair(read(expired)), cert },
      good: await certified(trusted, domainOf('good')),
    }
  }

  async function openHosts(): Promise<void> {
    const prefix = site().dns.address.replace(/\.\d+$/, '')
    const config = ['postconf', '-c', site().postfix.configDirectory, '-h', 'smtp_tcp_port']
    const port = Number((await mustRun(config)).toString())
    const records: Record<string, NameRecords> = {}
    const how = await treatments()
    for (const [index, name] of partners.entries()) {
      const address = `${prefix}.${100 + index}`
      hosts.set(name, await startHostileHost(address, port, how[name]))
      records[domainOf(name)] = { MX: [{ preference: 10, exchange: `mx.${domainOf(name)}` }] }
      records[`mx.${domainOf(name)}`] = { A: [address] }
    }
    site().dns.replaceZone({ ...site().dns.zone(), ...records })
    const rule = '"*.partner.example":\n    protection: [tls]\n    otherwise: reject\n'
    writeFileSync(join(site().folders.policies, '50-tls.yaml'), `outbound:\n  ${rule}`)
    expect((await site().command(['reload'])).status).toBe(0)
  }

  beforeAll(async () => {
    if (!site().withoutMx) await openHosts()
  })

  const saidInClear = (name: Partner) =>
    (hosts.get(name)?.inClear ?? []).filter((verb) => !harmless.has(verb))

  test('is delivered only over verified TLS, else it waits, and not a word of it is said in the clear', async ({
    skip,
  }) => {
    if (site().withoutMx) skip(site().withoutMx)
    const everybody = partners.map((name) => `kontakt@${domainOf(name)}`)
    expect((await writeTo(site(), everybody, 'Vertraulich.')).code).toBe(250)
    await expect.poll(() => hosts.get('good')?.inTls ?? [], { timeout: 60_000 }).toContain('DATA')
    for (const name of hostile) await waitsFor(site(), `kontakt@${domainOf(name)}`, /./)
    for (const name of hostile) {
      // Each was reached, so it is its own fault that it got nothing.
      expect(hosts.get(name)?.inClear, name).toContain('EHLO')
      expect(hosts.get(name)?.inTls, name).not.toContain('MAIL')
    }
    for (const name of partners) expect(saidInClear(name), name).toEqual([])
  })

  test('stays protected though it says "TLS-Required: no", in any case, folded and twice', async ({
    skip,
  }) => {
    if (site().withoutMx) skip(site().withoutMx)
    const recipients = [`zwei@${domainOf('no-tls')}`, `zwei@${domainOf('expired')}`]
    const head = `From: <${anna}>\r\nSubject: x\r\n`
    const message = `${head}TLS-Required: no\r\ntls-required:\r\n\tNO\r\nTLS-REQUIRED: No\r\n\r\nVertraulich.\r\n`
    const port = site().postfix.ports.submission
    const { reply } = await sendMail({ port, sender: anna, recipients, message })
    expect(reply.code).toBe(250)
    for (const recipient of recipients) await waitsFor(site(), recipient, /./)
    for (const name of partners) expect(saidInClear(name), name).toEqual([])
  })

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`waits while the gateway is gone (${signal}) and goes when it is back`, async ({ skip }) => {
      if (site().withoutMx) skip(site().withoutMx)
      const before = hosts.get('good')?.inTls.filter((verb) => verb === 'DATA').length ?? 0
      const recipients = [`${signal}@${domainOf('good')}`, `${signal}@${domainOf('no-tls')}`]
      await site().stopGateway(signal)
      // Past the gateway, as mail that it let go before: now the TLS policy alone stands before the host.
      expect((await writeTo(site(), recipients, 'Vertraulich.', site().postfix.ports.notices)).code).toBe(250)
      for (const recipient of recipients) await waitsFor(site(), recipient, /./)
      for (const name of partners) expect(saidInClear(name), name).toEqual([])
      const taken = () => hosts.get('good')?.inTls.filter((verb) => verb === 'DATA').length ?? 0
      expect(taken()).toBe(before)
      await site().startGateway()
      await site().postfix.flush()
      await expect.poll(taken, { timeout: 60_000 }).toBeGreaterThan(before)
      for (const name of partners) expect(saidInClear(name), name).toEqual([])
    })
  }
})
