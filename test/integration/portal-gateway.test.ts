import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anna, builderAddress } from '../../src/demonstration/people.ts'
import { pollUntil } from '../../src/demonstration/poll-until.ts'
import { socketsOf } from '../../src/demonstration/site-files.ts'
import { askOver } from '../../src/gateway/calls/gateway-client.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'

describe.skipIf(noSite)(`the portal of a whole house${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests()
  const page = async (path: string) => {
    const response = await fetch(site().portal + path)
    return { status: response.status, text: await response.text() }
  }

  it('shows the certificate of our staff, and not that of a client', async () => {
    const { status, text } = await page('/certificates?lang=de')
    expect(status).toBe(200)
    expect(text).toContain(anna)
    expect(text).not.toContain(builderAddress)
  })

  it('has a socket that answers its own questions and none of the administrator', async () => {
    const { portal } = socketsOf(site().folders)
    expect(statSync(portal).mode & 0o777).toBe(0o660)
    expect(await askOver(portal, 'organization', {}, 60_000)).toEqual({
      name: 'Kanzlei Muster',
      telephone: '+49 30 5550100',
    })
    for (const call of ['status', 'key-list', 'password-list', 'reload']) {
      await expect(askOver(portal, call, {}, 60_000)).rejects.toThrow(/no call of this name/)
    }
  })

  it('tells nothing that was not published in all that the gateway answers to it', async () => {
    const answers = [
      await askOver(socketsOf(site().folders).portal, 'organization', {}, 60_000),
      await askOver(socketsOf(site().folders).portal, 'certificates', {}, 60_000),
    ]
    expect(JSON.stringify(answers)).not.toMatch(/PRIVATE|privateKey|provenance|chain|pem/)
  })

  it('outlives the gateway: the guide keeps our number, and the certificates come back with the gateway', async () => {
    expect((await page('/?lang=de')).text).toContain('+49 30 5550100')
    await site().stopGateway('SIGKILL')
    await pollUntil('it is noticed', async () => (await page('/health')).status === 503)
    const guide = await page('/?lang=de')
    expect(guide.status).toBe(200)
    expect(guide.text).toContain('+49 30 5550100')
    await site().startGateway()
    await pollUntil('it is noticed', async () => (await page('/health')).status === 200)
    await pollUntil('certificates are shown', async () => (await page('/certificates')).text.includes(anna))
    expect(site().ended()).toBeUndefined()
  })

  it('logs no visitor: there is one line of readiness and what the gateway did not answer', async () => {
    const events = readFileSync(join(site().folders.log, 'portal.log'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event)
    expect(new Set(events)).toEqual(new Set(['portal-ready', 'problem']))
    expect(events.filter((event) => event === 'portal-ready')).toHaveLength(1)
  })
})
