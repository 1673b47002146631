import type { Settings } from '../config/settings.ts'
import type { Answer } from '../delivery/send-answer.ts'
import { intakeMessageId } from '../keys/intake/read-submission.ts'
import type { IntakeHouse, IntakeText } from '../keys/intake/texts.ts'
import type { CheckRevocation } from '../keys/revocation/revocation.ts'
import type { Certificate } from '../keys/x509/certificate.ts'
import type { PartnerAnchors } from '../keys/x509/partner-anchors.ts'
import type { Log } from '../log/events.ts'
import type { Effects } from '../storage/effects.ts'
import type { Intake, IntakeChange, IntakeState, Intakes } from '../storage/intakes.ts'
import type { KeyStore } from '../storage/key-store.ts'

/** What the intake of certificates and keys needs. */
export interface IntakeParts {
  readonly intake: NonNullable<Settings['intake']>
  readonly organization: Pick<Settings['organization'], 'name' | 'telephone'>
  readonly intakes: Intakes
  readonly keyStore: Pick<KeyStore, 'add' | 'find' | 'byFingerprint' | 'change'>
  readonly effects: Pick<Effects, 'first' | 'done'>
  /** The authorities in force. */
  readonly anchors: readonly Certificate[]
  readonly partnerAnchors: PartnerAnchors
  readonly checkRevocation: CheckRevocation
  /** Hands a mail of the intake address to Postfix. */
  readonly send: (answer: Answer) => Promise<void>
  /** Tries the mail again that waits for a recipient. */
  readonly retry: (recipient: string) => Promise<readonly string[]>
  readonly now: () => Date
  readonly log: Log
  readonly onError: (error: unknown) => void
}

export function houseOf({ organization, intake }: IntakeParts): IntakeHouse {
  return { name: organization.name, telephone: organization.telephone, days: intake.days }
}

/** Sends an answer that was not sent yet. `name` is the same for the same answer. Fails if Postfix does not take it. */
export async function answerOnce(
  to: string,
  name: string,
  inReplyTo: string | undefined,
  text: IntakeText,
  { effects, send, now }: IntakeParts,
  encryptTo?: Answer['encryptTo'],
): Promise<void> {
  const messageIdLocal = `${intakeMessageId}${name}`
  if (await effects.done(messageIdLocal)) return
  await send({ to, ...text, messageIdLocal, inReplyTo, ...(encryptTo ? { encryptTo } : {}) })
  await effects.first(messageIdLocal, now())
}

/** Moves an intake on, if nobody else did; what is at an end gets its time. */
export async function settle(
  { id }: Intake,
  from: IntakeState,
  change: IntakeChange & { readonly state: IntakeState; readonly reason: string },
  { intakes, now, log }: IntakeParts,
): Promise<boolean> {
  const isEnd = change.state === 'active' || change.state === 'refused'
  const moved = await intakes.change(id, from, isEnd ? { ...change, settledAt: now() } : change)
  if (moved) log({ event: 'intake', id, state: change.state, reason: change.reason })
  return moved
}
