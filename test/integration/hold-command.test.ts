import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { arrivedParts, textOf } from '../../src/demonstration/attachments.ts'
import { docxType, wordFile } from '../../src/demonstration/compose.ts'
import { anna, ownDomain } from '../../src/demonstration/people.ts'
import { pollUntil } from '../../src/demonstration/poll-until.ts'
import { arrived } from '../../src/demonstration/sample.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { letterFrom, senderOf, sendFrom } from '../support/site-mail.ts'

interface Shown {
  readonly id: string
  readonly state: string
  readonly sha256: string
  readonly bytes: number
  readonly fileName: string
  readonly messageId: string
}

// The tests follow each other.
describe.skipIf(noSite)(`the command postsiegel hold${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests()
  const run = async (...args: string[]) => {
    const { status, stdout, stderr } = await site().command(['hold', ...args])
    return { status, stdout: stdout.toString(), stderr }
  }
  const json = async <T>(...args: string[]) => JSON.parse((await run(...args, '--json')).stdout) as T
  const list = () => json<Shown[]>('list')
  const folder = () => join(site().folders.top, 'released')

  /** Puts a rule for Anna into force. */
  async function policy(lines: readonly string[]): Promise<void> {
    const text = `inbound:\n  ${anna}:\n${lines.map((line) => `    ${line}\n`).join('')}`
    writeFileSync(join(site().folders.policies, '50-anna.yaml'), text)
    expect((await site().command(['reload'])).status).toBe(0)
  }
  async function sendWord(name: string, content: Uint8Array): Promise<Shown> {
    const attachment = { fileName: name, content, type: docxType }
    const message = await letterFrom(senderOf(site()), { subject: name, attachment })
    expect((await sendFrom(site(), senderOf(site()), message)).code).toBe(250)
    const held = (await list()).find(({ fileName }) => fileName === name)
    if (!held) throw new Error(`${name} is not held`)
    return held
  }
  const mailTo = (recipient: string, subject: string, text: string) =>
    arrived(site(), recipient, ({ content }) => {
      const header = content.toString('latin1').split('\r\n\r\n')[0] ?? ''
      return (
        new RegExp(`^Subject:.*${subject}`, 'm').test(header) && textOf(arrivedParts(content)).includes(text)
      )
    })

  const angebot = wordFile(['Angebot Nummer 4711'])
  let first: Shown

  test('shows what is held, and lets nobody delete it unseen', async () => {
    mkdirSync(folder())
    await policy([
      'hold: 12h',
      'earlyRelease: four-eyes',
      'release: [mail, folder, notice]',
      `releaseFolder: ${folder()}`,
    ])
    first = await sendWord('Angebot.docx', angebot)
    expect((await run('list')).stdout).toMatch(/held +until .*Angebot\.docx/)
    const { status, stdout } = await run('show', first.id)
    expect(status).toBe(0)
    expect(stdout).toMatch(/^first scan .*ClamAV/m)
    expect(stdout).toMatch(/held +gateway/)
    const refused = await run('delete', first.id, '--reason', 'want it gone', '--by', 'ann')
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('never deleted unseen') })
    expect((await run('fetch', first.id, '--output', join(site().folders.top, 'early'))).status).toBe(1)
  })

  test('extends a hold, and nothing else than a later time', async () => {
    const until = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()
    const extend = (time: string) =>
      run('extend', first.id, '--until', time, '--reason', 'holidays', '--by', 'ann')
    expect((await extend(until(1))).status).toBe(1)
    expect((await extend('tomorrow')).status).toBe(2)
    expect(await extend(until(24))).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Held until'),
    })
  })

  test('releases early when two persons agree: as mail, into the folder, as a notice', async () => {
    const release = (by: string) => run('release', first.id, '--reason', 'the client waits', '--by', by)
    expect((await release('ann')).stdout).toContain('Somebody else must agree')
    expect(await release('Ann')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('second person'),
    })
    expect(await release('bob')).toMatchObject({ status: 0 })
    const mail = await mailTo(anna, 'Freigegeben', 'liegt bei')
    const original = arrivedParts(mail.content).find(({ fileName }) => fileName === 'Angebot.docx')
    expect(original?.bytes.equals(angebot)).toBe(true)
    expect(mail.content.toString('latin1')).toContain(`In-Reply-To: ${first.messageId}`)
    await mailTo(anna, 'Freigegeben', `hold fetch ${first.id}`)
    const [released] = readdirSync(folder(), { recursive: true, withFileTypes: true }).filter(
      ({ name }) => name === `Angebot (${first.id.slice(0, 8)}).docx`,
    )
    expect(readFileSync(join(released?.parentPath ?? '', released?.name ?? '')).equals(angebot)).toBe(true)
    expect(readFileSync(join(folder(), 'postsiegel.log'), 'utf8')).toContain(first.id)
    await pollUntil('the release is recorded', async () =>
      (await list()).some(({ id, state }) => id === first.id && state === 'released'),
    )
  })

  test('fetches the released original, and never writes over a file', async () => {
    const output = join(site().folders.top, 'fetched.docx')
    expect(await run('fetch', first.id, '--output', output, '--by', 'carl')).toMatchObject({ status: 0 })
    expect(readFileSync(output).equals(angebot)).toBe(true)
    expect(statSync(output).mode & 0o777).toBe(0o600)
    expect((await run('fetch', first.id, '--output', output)).status).toBe(1)
  })

  test('deletes it with a reason and knows afterwards who did what', async () => {
    expect((await run('delete', first.id)).status).toBe(2)
    expect((await run('delete', first.id, '--reason', 'no longer needed', '--by', 'dora')).status).toBe(0)
    const log = await run('log', first.id)
    expect(log.status).toBe(0)
    const acts = [
      'held',
      'extended',
      'early-release-asked',
      'early-release',
      'released',
      'fetched',
      'deleted',
    ]
    expect(log.stdout).toMatch(new RegExp(acts.join('[^]*')))
    expect(log.stdout).toMatch(/deleted +dora: no longer needed/)
    expect(log.stdout).toContain('is whole')
  })

  test('an original that the second scan finds infected stays locked, and recipient and postmaster are told', async () => {
    await policy(['hold: 20s'])
    const word = wordFile(['A macro that nobody knew this morning'])
    const held = await sendWord('Rechnung.docx', word)
    expect(held.state).toBe('held')
    // What freshclam would bring in the meantime.
    const database = join(site().folders.run, 'clamd', 'database')
    writeFileSync(join(database, 'late.hsb'), `${held.sha256}:${held.bytes}:Demonstration.Late:73\n`)
    const clamd = connect(site().clamd.socket, () => clamd.end('zRELOAD\0'))
    await once(clamd.resume(), 'close')
    await mailTo(anna, 'Gesperrt', 'Schadsoftware')
    const report = await mailTo(`postmaster@${ownDomain}`, 'Original gesperrt', 'Demonstration.Late')
    expect(textOf(arrivedParts(report.content))).toContain(held.sha256)
    await pollUntil('the original is locked', async () =>
      (await list()).some(({ id, state }) => id === held.id && state === 'locked'),
    )
    expect((await run('show', held.id)).stdout).toContain('found Demonstration.Late')
    expect((await run('release', held.id, '--reason', 'we trust them')).status).toBe(1)
    expect((await run('fetch', held.id, '--output', join(site().folders.top, 'locked'))).status).toBe(1)
  })

  for (const wrong of [[], ['frobnicate'], ['show'], ['list', 'x'], ['release', 'x', 'y'], ['constructor']]) {
    test(`explains itself when asked for ${JSON.stringify(wrong)}`, async () => {
      expect(await run(...wrong)).toMatchObject({ status: 2, stderr: expect.stringContaining('hold list') })
    })
  }
})
