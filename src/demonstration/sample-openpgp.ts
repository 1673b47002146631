import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { arrivedParts } from './attachments.ts'
import { compose } from './compose.ts'
import { anna, gardenerAddress } from './people.ts'
import { mustRun, runProgram } from './run-program.ts'
import { arrived, expect, type Sample, since } from './sample.ts'
import { sendMail } from './smtp-client.ts'
import type { Site } from './start-site.ts'

/** To somebody whose OpenPGP key we have, who opens it with GnuPG. */
export const openPgpSample: Sample = {
  name: 'to a client with an OpenPGP key',
  direction: 'outbound',
  async run(site) {
    // Short: the socket of GnuPG's agent lies in it.
    const home = mkdtempSync(join(tmpdir(), 'ps-gpg-'))
    const gpg = ['gpg', '--homedir', home, '--batch', '--no-tty', '--trust-model', 'always']
    try {
      const made = ['--passphrase', '', '--quick-generate-key', gardenerAddress, 'ed25519', 'sign', 'never']
      await mustRun([...gpg, ...made])
      const fingerprint = await fingerprintIn(gpg)
      await mustRun([...gpg, '--passphrase', '', '--quick-add-key', fingerprint, 'cv25519', 'encr', 'never'])
      const keyFile = join(home, 'gardener.asc')
      writeFileSync(keyFile, await mustRun([...gpg, '--armor', '--export', fingerprint]))
      await command(site, 'key', 'import', keyFile)
      await command(site, 'key', 'generate', anna, '--name', 'Anna Weber')
      const isNew = since(site)
      const text = 'Die Rechnung ueber 876 EUR ist gebucht.'
      const letter = { from: `Anna Weber <${anna}>`, to: [gardenerAddress], subject: 'Ihre Rechnung', text }
      const message = await compose(letter)
      const port = site.postfix.ports.submission
      const { reply } = await sendMail({ port, sender: anna, recipients: [gardenerAddress], message })
      expect(reply.code === 250, `Postfix did not take the mail: ${reply.text}`)
      const mail = await arrived(site, gardenerAddress, isNew)
      expect(!mail.content.includes('876 EUR'), 'the text is readable on the way')
      const found = arrivedParts(mail.content).find(({ bytes }) => bytes.includes('BEGIN PGP MESSAGE'))
      if (!found) throw new Error('the mail has no OpenPGP message')
      const annasKey = JSON.parse(await command(site, 'key', 'list', anna, '--json')) as {
        kind: string
        fingerprint: string
      }[]
      const own = annasKey.find(({ kind }) => kind === 'openpgp')?.fingerprint ?? ''
      await mustRun([...gpg, '--import'], await command(site, 'key', 'export', own))
      const opened = await runProgram([...gpg, '--status-fd', '2', '--decrypt'], found.bytes)
      expect(opened.stdout.includes('876 EUR'), `GnuPG does not open it: ${opened.stderr}`)
      expect(opened.stderr.includes('GOODSIG'), `GnuPG finds no good signature: ${opened.stderr}`)
      return {
        reply: reply.text,
        outcome: 'OpenPGP, decrypted with the client’s key, signature verified by GnuPG',
      }
    } finally {
      await runProgram(['gpgconf', '--homedir', home, '--kill', 'all'])
      rmSync(home, { recursive: true, force: true })
    }
  },
}

async function command(site: Site, ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await site.command(args)
  expect(status === 0, `${args.slice(0, 2).join(' ')} ended with status ${status}: ${stderr}`)
  return stdout.toString()
}

async function fingerprintIn(gpg: readonly string[]): Promise<string> {
  const shown = await mustRun([...gpg, '--with-colons', '--list-keys'])
  return /^fpr:+([0-9A-F]{40}):/m.exec(shown.toString())?.[1] ?? ''
}
