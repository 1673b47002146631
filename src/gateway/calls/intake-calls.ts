import { z } from 'zod'
import { type Intake, intakeStates } from '../../storage/intakes.ts'

const id = z.string().regex(/^[0-9A-Za-z]{4}(-[0-9A-Za-z]{4}){2}$/, 'an identifier such as 3F2A-77AB-K4Q9')

/** What people of the house can do with certificates and keys that were sent in; part of the calls of gateway.sock. */
export const intakeCalls = {
  'intake-list': z.strictObject({ state: z.enum(intakeStates).optional() }),
  'intake-show': z.strictObject({ id }),
  'intake-accept': z.strictObject({ id }),
  /** `reason` is told to whoever sent it. */
  'intake-refuse': z.strictObject({ id, reason: z.string().trim().min(1).max(500) }),
} satisfies Record<string, z.ZodType>

/** An intake without its key and code. `daysLeft`: until it is to be set up; negative when it is late, null when it is settled. */
export interface ShownIntake
  extends Pick<
    Intake,
    | 'id'
    | 'kind'
    | 'fingerprint'
    | 'addresses'
    | 'author'
    | 'isAuthentic'
    | 'isProven'
    | 'state'
    | 'reason'
    | 'receivedAt'
  > {
  readonly settledAt: Date | null
  readonly daysLeft: number | null
}

/** What each call answers, with dates as dates; JSON carries them as ISO 8601 text. */
export interface IntakeAnswers {
  /** Oldest first. */
  readonly 'intake-list': readonly ShownIntake[]
  /** `subject` and `issuer` of a certificate, as the certificate names them; `text`: PEM or armor. */
  readonly 'intake-show': ShownIntake & {
    readonly subject: string | null
    readonly issuer: string | null
    readonly text: string
  }
  readonly 'intake-accept': ShownIntake
  readonly 'intake-refuse': ShownIntake
}
