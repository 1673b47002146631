import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { firstContact } from '../../src/demonstration/people.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { letterFrom, senderOf, sendFrom } from '../support/site-mail.ts'

const blocking = `block:\n  - sender: ${firstContact.domain}\n    reason: test\n`
const harmless = 'block:\n  - sender: nobody.example\n    reason: test\n'
const broken = 'block:\n  - sendr: nobody.example\n    reason: test\n'

describe.skipIf(noSite)(`policies that change while mail runs${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests()
  const write = (text: string) => writeFileSync(join(site().folders.policies, '50-test.yaml'), text)
  const send = async (text = 'Guten Tag.') =>
    sendFrom(site(), senderOf(site()), await letterFrom(senderOf(site()), { text }))
  const generations = () =>
    site()
      .events()
      .filter(({ event }) => event === 'decided')
      .map(({ policyGeneration }) => Number(policyGeneration))

  test('a broken edit is refused with its place, shown until it is mended, and changes nothing', async () => {
    write(blocking)
    expect((await site().command(['reload'])).status).toBe(0)
    write(broken)
    const refused = await site().command(['reload'])
    expect(refused.status).toBe(1)
    expect(refused.stdout.toString()).toMatch(/50-test\.yaml:2:\d+: .*sender/)
    expect((await send()).text).toMatch(/^550-5\.7\.1 /)

    const status = await site().command(['status'])
    expect(status.status).toBe(1)
    expect(status.stdout.toString()).toMatch(/NOT IN FORCE: .*50-test\.yaml:2:/)
    const problem = site()
      .events()
      .find(({ event }) => event === 'policy-problem')
    expect(JSON.stringify(problem)).toContain('50-test.yaml:2:')

    write(harmless)
    const mended = await site().command(['reload'])
    expect(mended.status, mended.stdout.toString()).toBe(0)
    expect((await site().command(['status'])).status).toBe(0)
    expect((await send()).text).toMatch(/^250 /)
  })

  test('an edit takes effect by itself, and a broken set stays out after a restart too', async () => {
    write(blocking)
    await expect.poll(async () => (await send()).code, { timeout: 30_000 }).toBe(550)
    write(broken)
    await site().stopGateway('SIGTERM')
    await site().startGateway()
    expect((await send()).text).toMatch(/^550-5\.7\.1 /)
    expect((await site().command(['status'])).status).toBe(1)
  })

  test('SIGHUP reads them again', async () => {
    const { gatewayPid } = site()
    const loaded = () =>
      site()
        .events()
        .filter(({ event }) => event === 'policy-loaded').length
    const before = loaded()
    write(harmless)
    process.kill(gatewayPid, 'SIGHUP')
    await expect.poll(loaded, { timeout: 30_000 }).toBeGreaterThan(before)
    expect((await send()).text).toMatch(/^250 /)
    expect(site().gatewayPid).toBe(gatewayPid)
  })

  test('in a stream of messages each is judged by one generation, whole, and none is deferred', async () => {
    const first = generations().length
    let sending = true
    const codes: number[] = []
    const sender = async () => {
      while (sending) codes.push((await send()).code)
    }
    const stream = Promise.all([sender(), sender(), sender()])
    const reloaded: number[] = []
    try {
      for (const text of [blocking, harmless, broken, blocking, harmless]) {
        const upTo = codes.length + 4
        write(text)
        const { stdout } = await site().command(['reload', '--json'])
        const result = JSON.parse(stdout.toString()) as { kind: string; generation: number }
        expect(result.kind === 'refused').toBe(text === broken)
        reloaded.push(result.generation)
        await expect.poll(() => codes.length, { timeout: 30_000 }).toBeGreaterThan(upTo)
      }
    } finally {
      sending = false
      await stream
    }
    expect(codes.filter((code) => code !== 250 && code !== 550)).toEqual([])
    // Harmless and blocking sets took turns: the answer tells which set it came from, and the record says the same.
    const answers = new Map<number, Set<string>>()
    const decided = site()
      .events()
      .filter(({ event }) => event === 'decided')
      .slice(first)
    expect(decided).toHaveLength(codes.length)
    for (const { policyGeneration, answer } of decided) {
      const known = answers.get(Number(policyGeneration)) ?? new Set()
      answers.set(Number(policyGeneration), known.add(String(answer)))
    }
    for (const [generation, said] of answers) expect([...said], `generation ${generation}`).toHaveLength(1)
    expect(new Set(reloaded).size).toBeGreaterThanOrEqual(4)
  })
})
