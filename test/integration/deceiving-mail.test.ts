import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { afterAll, describe, expect, test } from 'vitest'
import { compose } from '../../src/demonstration/compose.ts'
import { anna, builderAddress, firstContact } from '../../src/demonstration/people.ts'
import { sendMail } from '../../src/demonstration/smtp-client.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { letterFrom, senderOf, sendFrom } from '../support/site-mail.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Scores every message alike. */
async function startFakeSpamd(path: string, score: number) {
  rmSync(path, { force: true })
  const sockets = new Set<Socket>()
  let asked = 0
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    socket.resume().on('end', () => {
      asked += 1
      socket.end(`SPAMD/1.1 0 EX_OK\r\nContent-length: 3\r\nSpam: True ; ${score} / 5.0\r\n\r\nA\r\n`)
    })
  })
  server.listen(path)
  await once(server, 'listening')
  return {
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const unfolded = (content: Buffer) => content.toString('latin1').replaceAll(/\r\n(?=[ \t])/g, '')

describe.skipIf(noSite)(`mail that deceives${noSite ? ` (${noSite})` : ''}`, () => {
  const folder = temporaryFolder()
  const socket = join(folder.path, 'spamd.sock')
  const site = siteForTests({ settings: { scorer: { kind: 'spamassassin', address: socket } } })
  afterAll(() => folder[Symbol.dispose]())

  const sender = () => senderOf(site(), firstContact)
  const info = `info@${firstContact.domain}`
  const send = async (letter: Parameters<typeof letterFrom>[1]) =>
    (await sendFrom(site(), sender(), await letterFrom(sender(), letter))).text
  const setPolicy = async (rule: string) => {
    writeFileSync(join(site().folders.policies, '50-test.yaml'), `inbound:\n  ${anna}: ${rule}\n`)
    expect((await site().command(['reload'])).status).toBe(0)
  }

  // In this order: a refusal counts against the same sender for weeks.
  test('a stranger with the name of somebody here, once she has written a mail, comes with a warning', async () => {
    const message = await compose({
      from: `"Anna Weber" <${anna}>`,
      to: [builderAddress],
      subject: 'Termin',
      text: 'Bis Montag.',
    })
    const { submission } = site().postfix.ports
    const { reply } = await sendMail({
      port: submission,
      sender: anna,
      recipients: [builderAddress],
      message,
    })
    expect(reply.text).toMatch(/^250 /)
    const isThere = () =>
      site()
        .received()
        .some(({ recipient }) => recipient === builderAddress)
    await expect.poll(isThere, { timeout: 60_000 }).toBe(true)
    const from = `"Weber, Anna" <chefin@${firstContact.domain}>`
    expect(await send({ from, text: 'Bitte dringend anrufen.' })).toMatch(/^250 /)
    const warned = () =>
      site()
        .received()
        .some(({ content }) => /^X-Postsiegel-Trust: .*Person aus dem Haus/m.test(unfolded(content)))
    await expect.poll(warned, { timeout: 60_000 }).toBe(true)
  })

  test('a stranger with the address of somebody else as his name is refused', async () => {
    expect(await send({ from: `"${anna}" <${info}>`, text: 'Bitte dringend überweisen.' })).toMatch(
      /^550-5\.7\.1 /,
    )
  })

  test('while the scorer is down mail is judged without, or waits where the policy says so', async () => {
    await setPolicy('{ scorerDown: defer }')
    expect(await send({ text: 'Guten Tag, eine Frage.' })).toMatch(/^451-4\.3\.0 /)
    await setPolicy('{ scorerDown: pass }')
    expect(await send({ text: 'Guten Tag, eine Frage.' })).toMatch(/^250 /)
  })

  test('a program in an archive is refused, unless the policy takes such files', async () => {
    const content = zipSync({ 'Rechnung.pdf.exe': strToU8('MZ') })
    const letter = { text: 'Anbei.', attachment: { fileName: 'Rechnung.zip', content } }
    const refused = await send(letter)
    expect(refused).toMatch(/^550-5\.7\.1 /)
    expect(refused).toContain('nehmen wir nicht an: .exe (executable)')
    await setPolicy('{ forbiddenTypes: [script] }')
    expect(await send(letter)).toMatch(/^250 /)
  })

  test('the content of a stranger’s mail that a scorer finds bad is reason enough to refuse it', async () => {
    await using spamd = await startFakeSpamd(socket, 12)
    const text = await send({ text: 'Sie haben gewonnen.' })
    expect(text).toMatch(/^550-5\.7\.1 /)
    expect(text).toContain('Nachricht auffaellig')
    expect(text).not.toMatch(/spam|score/i)
    expect(spamd.asked()).toBe(1)
  })
})
