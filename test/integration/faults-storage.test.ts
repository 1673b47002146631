import { execFile } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { anna, insurerAddress, jonas } from '../../src/demonstration/people.ts'
import { arrived, since, waitsFor } from '../../src/demonstration/sample.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { letterFrom, senderOf, sendFrom, writeTo } from '../support/site-mail.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const run = promisify(execFile)
const MiB = 1024 * 1024
/** The gateway looks at the room now and again, not for every message. */
const patience = { timeout: 30_000 }

describe.skipIf(noSite)(`faults of the storage${noSite ? ` (${noSite})` : ''}`, async () => {
  // A disk of its own for the state, where that is permitted: 64 MiB of room are the least that the gateway asks for.
  const disk = temporaryFolder()
  const mounted =
    !noSite &&
    (await run('mount', ['-t', 'tmpfs', '-o', 'size=112m', 'tmpfs', disk.path]).then(
      () => true,
      () => false,
    ))
  const site = siteForTests({ settings: { state: disk.path } })
  afterAll(async () => {
    if (mounted) await run('umount', ['--lazy', disk.path])
    disk[Symbol.dispose]()
  })

  const ballast = join(disk.path, 'ballast')
  /** Leaves this much room on the disk. */
  const fill = (room: number) => {
    const { bavail, bsize } = statfsSync(disk.path)
    writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - room)))
  }
  const send = async (text: string) =>
    sendFrom(site(), senderOf(site()), await letterFrom(senderOf(site()), { text }))
  test('while another process has the database locked, mail is deferred in both directions, and comes later', async () => {
    const isNew = since(site())
    const other = new DatabaseSync(join(disk.path, 'postsiegel.db'))
    other.exec('begin exclusive')
    try {
      expect((await send('verschlossen')).text).toMatch(/^451 4\.3\.0 |^451 4\.4\.3 /)
      expect((await writeTo(site(), [jonas], 'an die Kollegin')).code).toBe(250)
      expect(await waitsFor(site(), jonas, / 4\d\d /)).toMatch(/\b451 4\.\d\.\d/)
      expect(site().received().filter(isNew)).toEqual([])
    } finally {
      other.exec('rollback')
      other.close()
    }
    expect((await send('verschlossen')).text).toMatch(/^250 /)
    await site().postfix.flush()
    await arrived(site(), jonas, isNew)
    await arrived(site(), anna, isNew)
  })

  test('with too little room new mail is deferred, and taken when there is room again', async ({ skip }) => {
    if (!mounted) skip('mounting a tmpfs is not permitted')
    fill(40 * MiB)
    await expect.poll(async () => (await send('wenig Platz')).text, patience).toMatch(/^45[12] 4\.3\.1 /)

    const isNew = since(site())
    expect((await send('wenig Platz')).text).toMatch(/^45[12] 4\.3\.1 /)
    expect(site().received().filter(isNew)).toEqual([])
    rmSync(ballast)
    await expect.poll(async () => (await send('wenig Platz')).text, patience).toMatch(/^250 /)
    await arrived(site(), anna, isNew)
  })

  test('with no room at all large and small mail is deferred, TLS is still asked for, and all recovers', async ({
    skip,
  }) => {
    if (!mounted) skip('mounting a tmpfs is not permitted')
    fill(0)
    const large = 'x'.repeat(70).concat('\r\n').repeat(40_000)
    await expect.poll(async () => (await send('ganz voll')).text, patience).toMatch(/^45[12] 4\.3\.1 /)
    const isNew = since(site())
    expect((await send(`ganz voll ${large}`)).text).toMatch(/^45[12] 4\.3\.1 /)
    expect((await writeTo(site(), [insurerAddress], 'Schaden')).code).toBe(250)
    await waitsFor(site(), insurerAddress, / 45[12] 4\.3\.1 /)
    expect(site().received().filter(isNew)).toEqual([])
    rmSync(ballast)
    await expect.poll(async () => (await send(`ganz voll ${large}`)).text, patience).toMatch(/^250 /)
    await site().postfix.flush()
    const mail = await arrived(site(), insurerAddress, isNew)
    if (!site().withoutMx) expect(mail.secure).toBe(true)
    const status = await site().command(['status'])
    expect(status.status, status.stdout.toString()).toBe(0)
  })
})
