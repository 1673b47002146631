import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openScorer } from '../../src/inspection/content-scorer/open-scorer.ts'
import { receivedMessage } from '../support/received-message.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const program = '/usr/sbin/spamd'
const never = new AbortController().signal
/** What every installation of SpamAssassin finds (its GTUBE). */
const testLine = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X'

/** A spamd of its own, without network. */
async function startSpamd() {
  const folder = temporaryFolder()
  // It works as another user.
  chmodSync(folder.path, 0o755)
  const socket = join(folder.path, 'spamd.sock')
  const child = spawn(
    program,
    ['-L', '-x', '-u', 'nobody', '-m', '1', '-s', 'stderr', `--socketpath=${socket}`, '--socketmode=0600'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: folder.path },
    },
  )
  const ended = once(child, 'exit')
  const ready = new Promise<void>((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (bytes) => {
      said += bytes
      if (said.includes('server started')) resolve()
    })
    child.once('exit', () => reject(new Error(`spamd ended: ${said.slice(-500)}`)))
    child.once('error', reject)
  })
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    folder[Symbol.dispose]()
  }
  await ready.catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { socket, [Symbol.asyncDispose]: stop }
}

describe.skipIf(!existsSync(program))(
  'a real spamd (skipped where the package spamd is not installed)',
  () => {
    it('scores the line that all of them know, and an honest mail low', { timeout: 120_000 }, async () => {
      await using server = await startSpamd()
      const score = openScorer({ kind: 'spamassassin', address: server.socket })
      const mail = (text: string) =>
        receivedMessage(
          [
            'From: Ann <ann@partner.example>',
            'To: bob@kanzlei.example',
            'Subject: Termin',
            'Date: Sat, 21 Nov 2026 12:00:00 +0000',
            'Message-ID: <1@partner.example>',
            '',
            text,
            '',
          ].join('\n'),
        )
      const spam = await score(mail(testLine), never)
      const ham = await score(mail('Guten Tag, passt Ihnen der Termin am Montag? Viele Gruesse, Ann'), never)
      expect(spam).toMatchObject({ kind: 'scored', scorer: 'spamassassin', phishing: false })
      expect(spam.kind === 'scored' && spam.score).toBeGreaterThan(900)
      expect(ham.kind === 'scored' && ham.score).toBeLessThan(5)
    })
  },
)
