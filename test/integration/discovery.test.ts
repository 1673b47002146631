import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readKey } from 'openpgp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anna } from '../../src/demonstration/people.ts'
import { arrived, since } from '../../src/demonstration/sample.ts'
import { sendMail } from '../../src/demonstration/smtp-client.ts'
import { nameHash } from '../../src/keys/discovery/dns-keys.ts'
import { armoredKey, startGpg } from '../support/openpgp-judges.ts'
import { startSecureNameServer } from '../support/secure-name-server.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const dave = 'dave@partner.example'
const key = (await readKey({ armoredKey: armoredKey('dave-curve25519', 'pub') })).write()
const dns = await startSecureNameServer({
  records: { [`61 ${nameHash('dave')}._openpgpkey.partner.example`]: [key] },
})
afterAll(() => dns[Symbol.asyncDispose]())

const policies = `outbound:
  partner.example:
    protection: [openpgp, none]
    sign: if-possible
`

describe.skipIf(noSite)(`a key that somebody outside published${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests({ settings: { discovery: { dns: true, trustedResolver: dns.server } } })

  beforeAll(async () => {
    writeFileSync(join(site().folders.policies, '50-test.yaml'), policies)
    expect((await site().command(['reload'])).status).toBe(0)
  })

  async function sent(recipient: string): Promise<Buffer> {
    const isNew = since(site())
    const message = Buffer.from(
      `From: Anna <${anna}>\r\nTo: ${recipient}\r\nSubject: Akte\r\n\r\nVertraulich\r\n`,
    )
    const { reply } = await sendMail({
      port: site().postfix.ports.submission,
      sender: anna,
      recipients: [recipient],
      message,
    })
    expect(reply.text).toMatch(/^250 /)
    return (await arrived(site(), recipient, isNew)).content
  }

  test('encrypts the first mail to its owner, and the next one without asking again', async () => {
    using folder = temporaryFolder()
    using gpg = startGpg(folder.path)
    for (const _time of ['first', 'second']) {
      const mail = (await sent(dave)).toString('latin1')
      expect(mail).not.toContain('Vertraulich')
      const armored = /-----BEGIN PGP MESSAGE-----[\s\S]*-----END PGP MESSAGE-----/.exec(mail)?.[0] ?? ''
      expect(gpg.decrypts(Buffer.from(armored)).content.toString()).toContain('Vertraulich')
    }
    expect(dns.asked.filter((question) => question.includes('_openpgpkey'))).toHaveLength(1)
    const { stdout } = await site().command(['key', 'list', dave])
    expect(stdout.toString()).toContain('discovered (dns)')
  })

  test('is looked for in vain where there is none, and the mail takes the next way of the policy', async () => {
    expect((await sent('eve@partner.example')).toString()).toContain('Vertraulich')
    const { status, stdout } = await site().command(['key', 'discover', 'eve@partner.example'])
    expect([status, stdout.toString()]).toEqual([1, 'dns  none: it has none\n'])
  })
})
