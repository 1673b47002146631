import { afterAll, describe, expect, test } from 'vitest'
import { insurerAddress, jonas } from '../../src/demonstration/people.ts'
import { arrived, since, waitsFor } from '../../src/demonstration/sample.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { letterFrom, senderOf, sendFrom, writeTo } from '../support/site-mail.ts'
import { findPostgres, startPostgres } from '../support/start-postgres.ts'

const missing = noSite ?? ((await findPostgres()) ? undefined : 'PostgreSQL is not installed')

describe.skipIf(missing)(`a gateway over PostgreSQL${missing ? ` (${missing})` : ''}`, async () => {
  const postgres = missing ? undefined : await startPostgres()
  const site = siteForTests({ settings: { database: (await postgres?.createDatabase()) ?? '' } })
  afterAll(() => postgres?.[Symbol.asyncDispose]())

  const send = async (text: string) =>
    sendFrom(site(), senderOf(site()), await letterFrom(senderOf(site()), { text }))

  test('defers everything when the database is killed, and works on when it is back, without a restart', async () => {
    expect((await send('vorher')).text).toMatch(/^250 /)
    const { gatewayPid } = site()
    const isNew = since(site())
    await arrived(site(), 'anna.weber@kanzlei-muster.example')

    await postgres?.crash()
    for (const again of [1, 2]) expect((await send(`ohne ${again}`)).text).toMatch(/^451 4\.\d\.\d /)
    expect((await writeTo(site(), [jonas, insurerAddress], 'spaeter')).code).toBe(250)
    for (const recipient of [jonas, insurerAddress]) {
      expect(await waitsFor(site(), recipient, / 4\d\d /)).toMatch(/\b451 4\.\d\.\d/)
    }
    const status = await site().command(['status'])
    expect(status.status).toBe(1)
    expect(status.stderr).toContain('Database not available')
    expect(
      site()
        .received()
        .filter((mail) => isNew(mail) && !mail.content.includes('vorher')),
    ).toEqual([])

    await postgres?.start()
    expect((await send('nachher')).text).toMatch(/^250 /)
    await site().postfix.flush()
    for (const recipient of [jonas, insurerAddress]) await arrived(site(), recipient, isNew)
    expect(site().gatewayPid).toBe(gatewayPid)
  })
})
