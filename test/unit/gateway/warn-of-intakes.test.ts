import { expect, test } from 'vitest'
import type { Notice } from '../../../src/delivery/send-notice.ts'
import { warnOfIntakes } from '../../../src/gateway/warn-of-intakes.ts'
import { anyIntake } from '../../support/any-intake.ts'
import { openTestStorage } from '../../support/open-test-storage.ts'

const receivedAt = new Date('2026-11-21T12:00:00Z')
const hourMs = 3_600_000

/** The mails by the hour after the arrival at which they were sent. */
async function mailsAt(hours: readonly number[], fails: (hour: number) => boolean = () => false) {
  await using storage = await openTestStorage()
  const later = new Date(receivedAt.getTime() + 24 * hourMs)
  for (const intake of [
    anyIntake({ id: '1', state: 'review', receivedAt }),
    anyIntake({ id: '2', state: 'proving', author: 'carol@partner.example', receivedAt }),
    anyIntake({ id: '3', state: 'active', receivedAt, settledAt: receivedAt }),
    anyIntake({ id: '4', state: 'review', receivedAt: later }),
  ])
    await storage.intakes.add(intake)
  const mails: { readonly hour: number; readonly notice: Notice }[] = []
  for (const hour of hours) {
    const send = async (notice: Notice) => {
      if (fails(hour)) throw new Error('Postfix is down')
      mails.push({ hour, notice })
    }
    const now = () => new Date(receivedAt.getTime() + hour * hourMs)
    await warnOfIntakes({ storage, postmaster: 'post@kanzlei.example', days: 7, send, now }).catch(() => {})
  }
  return mails
}

const idsIn = ({ text }: Notice) => [...text.matchAll(/^ {2}(\d) /gm)].map(([, id]) => id)

test('the postmaster hears of what is open on the fifth and on the sixth day, once each', async () => {
  const mails = await mailsAt(Array.from({ length: 24 * 9 }, (_, hour) => hour))
  expect(mails.map(({ hour, notice }) => [hour / 24, idsIn(notice)])).toEqual([
    [5, ['1', '2']],
    [6, ['1', '2', '4']],
    [7, ['4']],
  ])
  expect(new Set(mails.map(({ notice }) => notice.messageIdLocal)).size).toBe(3)
})

test('the postmaster reads for whom it waits, and how long there is', async () => {
  const [mail] = await mailsAt([5 * 24])
  expect(mail?.notice.subject).toBe('Zertifikate einrichten / Certificates to set up: 2')
  expect(mail?.notice.text).toContain(
    '  1  bob@partner.example  S/MIME  2026-11-21  2 Tage / days  Prüfung durch uns / waits for us',
  )
  expect(mail?.notice.text).toContain('Antwort des Absenders fehlt')
})

test('the postmaster hears an hour later if Postfix was down, and of the last step alone after days', async () => {
  const hours = [5 * 24, 5 * 24 + 1, 9 * 24, 9 * 24 + 1]
  const mails = await mailsAt(hours, (hour) => hour === 5 * 24)
  expect(mails.map(({ hour }) => hour)).toEqual([5 * 24 + 1, 9 * 24])
  expect(mails[1]?.notice.text).toContain('überfällig / overdue')
})
