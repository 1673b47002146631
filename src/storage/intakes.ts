import type { StoredKey } from './key-store.ts'

/**
 * `received`: nobody was told yet; `proving`: its sender was sent a code that only the key opens; `review`: a person has to look;
 * `active` and `refused` are ends.
 */
export const intakeStates = ['received', 'proving', 'review', 'active', 'refused'] as const
export type IntakeState = (typeof intakeStates)[number]

/** A certificate or key that somebody outside sent to the intake address, on its way into the key store. */
export interface Intake {
  /** XXXX-XXXX-XXXX, the same for the same key in the same message. */
  readonly id: string
  readonly kind: StoredKey['kind']
  readonly fingerprint: string
  /** The addresses that the key names, as `canonicalAddress` gives them. */
  readonly addresses: readonly string[]
  /** PEM certificate, or one armored OpenPGP key. */
  readonly material: string
  /** Intermediates that came along, PEM. */
  readonly chain: readonly string[]
  /** Who sent it, by the From field, as `canonicalAddress` gives it. */
  readonly author: string
  /** Message-ID of his mail, in angle brackets. */
  readonly messageId: string | undefined
  readonly receivedAt: Date
  /** The author's domain or his signature stands behind the mail; nobody else is written to. */
  readonly isAuthentic: boolean
  /** Fingerprint of the key in use of the same address whose valid signature stood around the mail. */
  readonly vouchedBy: string | undefined
  readonly state: IntakeState
  /** Why it is where it is: a short stable word, or a person's reason; '' where there is nothing to say. */
  readonly reason: string
  /** The encrypted round trip, once it was begun. */
  readonly proof: IntakeProof | undefined
  /** The code came back, or `vouchedBy` stood for it. */
  readonly isProven: boolean
  readonly settledAt: Date | undefined
}

export interface IntakeProof {
  /** SHA-256 of the code in hex. */
  readonly codeHash: string
  readonly until: Date
  /** Wrong codes so far. */
  readonly wrongCodes: number
}

export type IntakeChange = Partial<
  Pick<Intake, 'state' | 'reason' | 'proof' | 'isProven' | 'settledAt' | 'vouchedBy'>
>

export interface Intakes {
  /** False if it is there already, whatever became of it. */
  add(intake: Intake): Promise<boolean>
  find(id: string): Promise<Intake | undefined>
  /** Oldest first. */
  ofAuthor(author: string): Promise<readonly Intake[]>
  /** Oldest first. */
  list(): Promise<readonly Intake[]>
  /** Changes it if it is still exactly in the state `from`; false if it is not. */
  change(id: string, from: IntakeState, change: IntakeChange): Promise<boolean>
  /** Deletes what was settled before `before`. */
  forget(before: Date): Promise<number>
}
