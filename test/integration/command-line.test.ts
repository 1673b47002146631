import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { eicar } from '../../src/demonstration/clamd.ts'
import { advertiser, strangerAddress } from '../../src/demonstration/people.ts'
import { mustRun } from '../../src/demonstration/run-program.ts'
import { arrived, waitsFor } from '../../src/demonstration/sample.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { letterFrom, senderOf, sendFrom, writeTo } from '../support/site-mail.ts'

interface Explained {
  readonly answer: string
  readonly trust: { readonly score: number; readonly signals: readonly { readonly points: number }[] }
}

describe.skipIf(noSite)(`the command postsiegel${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests()
  const run = async (...args: string[]) => {
    const { status, stdout, stderr } = await site().command(args)
    return { status, stdout: stdout.toString(), stderr }
  }
  const json = async <T>(...args: string[]) => JSON.parse((await run(...args, '--json')).stdout) as T

  test('says how the gateway is, and that all is as it should be', async () => {
    const status = await run('status')
    expect(status).toMatchObject({ status: 0 })
    expect(status.stdout).toMatch(/scanner +ready/)
    expect(status.stdout).toMatch(/converter +ready/)
    const checked = await run('check')
    expect(checked.stdout).not.toContain('WRONG')
    expect(checked.status).toBe(0)
  })

  test('finds a mistake in policies that are only tried, with its place, and changes nothing', async () => {
    const tried = join(site().folders.top, 'tried')
    mkdirSync(tried)
    writeFileSync(join(tried, '90-wrong.yaml'), 'outbound:\n  default:\n    protektion: [tls]\n')
    const checked = await run('check', '--policies', tried)
    expect(checked.status).toBe(1)
    expect(checked.stdout).toMatch(/WRONG.*90-wrong\.yaml.*3/)
    expect((await run('status')).status).toBe(0)
  })

  test('explains a refusal by its reference, and the addends are the score', async () => {
    const sender = senderOf(site())
    const attachment = { fileName: 'rechnung.com', content: eicar, type: 'application/octet-stream' }
    const reply = await sendFrom(site(), sender, await letterFrom(sender, { attachment }))
    expect(reply.code).toBe(554)
    const reference = /Ref\. (\S+)/.exec(reply.text)?.[1] ?? ''
    const record = await json<Explained>('explain', reference)
    expect(record.answer).toMatch(/^554 5\.7\.1/)
    const sum = record.trust.signals.reduce((total, { points }) => total + points, 0)
    expect(Math.max(-100, Math.min(100, sum))).toBe(record.trust.score)
    const shown = await run('explain', reference.toLowerCase())
    expect(shown.stdout).toMatch(/AUTHENTICATED/)
    expect((await run('explain', 'AAAA-BBBB-CCCC')).status).toBe(1)
    // Refused before anything was judged: the entry is all there is to tell.
    const blocked = senderOf(site(), advertiser)
    const early = await sendFrom(site(), blocked, await letterFrom(blocked, {}))
    expect(early.code).toBe(550)
    expect((await run('explain', /Ref\. (\S+)/.exec(early.text)?.[1] ?? '')).stdout).toContain(blocked.domain)
    expect((await run('explain')).status).toBe(2)
  })

  test('shows who waits, takes no weak password, and sends the mail off with a good one', async () => {
    expect((await writeTo(site(), [strangerAddress], 'Vertraulich.')).code).toBe(250)
    await waitsFor(site(), strangerAddress, /waiting/)
    expect((await run('waiting')).stdout).toContain(strangerAddress)
    for (const weak of ['kurz', 'passwort123', 'aaaaaaaaaaaaaaaa', '']) {
      const { status, stderr } = await site().command(['password', 'set', strangerAddress], `${weak}\n`)
      expect(status, weak).toBeGreaterThan(0)
      expect(stderr, weak).toMatch(/^postsiegel: ./)
    }
    expect((await run('password', 'list')).stdout).not.toContain(strangerAddress)
    const set = await site().command(['password', 'set', strangerAddress], 'Regenbogen-12-Tasse\n')
    expect(set.status).toBe(0)
    await arrived(site(), strangerAddress)
    expect((await run('waiting')).stdout).toContain('nothing waits')
    expect((await run('password', 'remove', strangerAddress)).status).toBe(0)
    expect((await run('password', 'remove', strangerAddress)).status).toBe(1)
  })

  test('imports a PKCS#12 file with its password, lists and removes it', async () => {
    const { certificateFile, keyFile } = site().builderKeys
    const [file, passwordFile] = ['keys.p12', 'keys.password'].map((name) =>
      join(site().folders.authority, name),
    ) as [string, string]
    await mustRun([
      ...['openssl', 'pkcs12', '-export', '-in', certificateFile, '-inkey', keyFile],
      ...['-out', file, '-passout', 'pass:Nur-ein-Test-1'],
    ])
    writeFileSync(passwordFile, 'falsch\n')
    const wrong = await run('key', 'import', file, '--password-file', passwordFile)
    expect(wrong.status).toBe(1)
    expect(wrong.stderr).toMatch(/^postsiegel: .+\n$/)
    writeFileSync(passwordFile, 'Nur-ein-Test-1\n')
    expect(await run('key', 'import', file, '--password-file', passwordFile)).toMatchObject({ status: 0 })
    const list = await json<{ fingerprint: string; addresses: string[] }[]>('key', 'list')
    const builder = list.find(({ addresses }) => addresses.some((each) => each.startsWith('erika.berger@')))
    expect((await run('key', 'remove', builder?.fingerprint ?? '')).status).toBe(0)
    expect((await run('key', 'remove', builder?.fingerprint ?? '')).status).toBe(1)
    expect((await run('key', 'import', '/no/such/file')).status).toBeGreaterThan(0)
  })

  test('ends with 2 where it is used wrongly or nobody is there, and says so in one sentence', async () => {
    for (const wrong of [['frobnicate'], ['status', '--frobnicate'], ['key', 'paint'], ['hold'], []]) {
      const { status, stderr, stdout } = await site().command(wrong)
      expect(status, wrong.join(' ')).toBe(2)
      expect(stderr + stdout.toString(), wrong.join(' ')).toContain('postsiegel')
    }
    await site().stopGateway('SIGTERM')
    const { status, stderr } = await run('status')
    expect(status).toBe(2)
    expect(stderr).toMatch(/^postsiegel: no gateway listens on .*\n$/)
    await site().startGateway()
    expect((await run('status')).status).toBe(0)
  })
})
