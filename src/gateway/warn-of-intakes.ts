import { createHash } from 'node:crypto'
import { notifyEach } from '../delivery/notify-each.ts'
import type { Notice } from '../delivery/send-notice.ts'
import type { Intake } from '../storage/intakes.ts'
import type { Storage } from '../storage/open-storage.ts'

export interface IntakeWarningParts {
  readonly storage: Pick<Storage, 'intakes' | 'effects'>
  /** Who is told. */
  readonly postmaster: string
  /** Within how many days what came in is to be set up. */
  readonly days: number
  readonly send: (notice: Notice) => Promise<void>
  readonly now: () => Date
}

const dayMs = 86_400_000

/**
 * Tells the postmaster of certificates and keys that are not set up yet two days and one day before they should be: all in one mail,
 * each of them once for each of the two days; a mail that could not be sent is tried again the next hour.
 */
export async function warnOfIntakes(parts: IntakeWarningParts): Promise<void> {
  const { storage, postmaster, days, send, now } = parts
  const due: { readonly intake: Intake; readonly step: string; readonly daysLeft: number }[] = []
  for (const intake of await storage.intakes.list()) {
    if (intake.settledAt !== undefined) continue
    const age = Math.floor((now().getTime() - intake.receivedAt.getTime()) / dayMs)
    // Whoever was down on a day is told of the last step alone.
    const reached = Math.min(age, days - 1)
    const step = `intake-due ${intake.id} ${reached}`
    if (reached >= days - 2 && !(await storage.effects.done(step)))
      due.push({ intake, step, daysLeft: days - age })
  }
  if (due.length === 0) return
  // A mail that left, and was not noted, is the same one an hour later.
  const steps = due.map(({ step }) => step).join()
  const name = createHash('sha256').update(steps).digest('hex').slice(0, 16)
  const text = textOf(due.map(({ intake, daysLeft }) => lineOf(intake, daysLeft)))
  const notice: Notice = {
    to: [postmaster],
    subject: `Zertifikate einrichten / Certificates to set up: ${due.length}`,
    messageIdLocal: `postsiegel.intake-due.${name}`,
    text,
  }
  await notifyEach(notice, { effects: storage.effects, now, send })
  for (const { step } of due) await storage.effects.first(step, now())
}

/** More would not be read; `postsiegel intake list` has all. */
const mostListed = 200

function textOf(lines: readonly string[]): string {
  const more = lines.length - mostListed
  return [
    'Diese Zertifikate und Schlüssel von außen sind noch nicht eingerichtet, und die Frist läuft bald ab.',
    'Bitte sehen Sie nach:',
    '',
    'These certificates and keys from outside are not set up yet, and their time is almost over.',
    'Please have a look:',
    '',
    ...lines.slice(0, mostListed),
    ...(more > 0 ? [`  … und ${more} weitere / and ${more} more`] : []),
    '',
    'postsiegel intake list',
    'postsiegel intake accept ID',
    'postsiegel intake refuse ID --reason TEXT',
    '',
  ].join('\n')
}

function lineOf({ id, author, kind, state, receivedAt }: Intake, daysLeft: number): string {
  const left =
    daysLeft > 0 ? `${daysLeft} ${daysLeft === 1 ? 'Tag / day' : 'Tage / days'}` : 'überfällig / overdue'
  const waits =
    state === 'proving'
      ? 'Antwort des Absenders fehlt / waits for its sender'
      : 'Prüfung durch uns / waits for us'
  const name = kind === 'smime' ? 'S/MIME' : 'OpenPGP'
  return `  ${id}  ${author}  ${name}  ${receivedAt.toISOString().slice(0, 10)}  ${left}  ${waits}`
}
