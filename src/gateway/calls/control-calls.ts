import { z } from 'zod'
import type { ListState } from '../../inspection/list-health.ts'
import type { WaitingMessage } from '../../storage/waiting-messages.ts'
import { type AuthorityAnswers, authorityCalls } from './authority-calls.ts'
import { type ExplainAnswers, explainCalls } from './explain-calls.ts'
import { type HoldAnswers, holdCalls } from './hold-calls.ts'
import { type IntakeAnswers, intakeCalls } from './intake-calls.ts'
import { address, type KeyAnswers, keyCalls } from './key-calls.ts'
import { type ListAnswers, listCalls } from './list-calls.ts'
import type { PublicOpenPgpKey } from './portal-calls.ts'
import { type TrustAnswers, trustCalls } from './trust-calls.ts'

/**
 * What can be asked of a running gateway over gateway.sock, with the shape of each question. The socket is for root
 * and our own user; the portal has a socket and calls of its own (`portalCalls`).
 */
export const controlCalls = {
  status: z.strictObject({}),
  reload: z.strictObject({}),
  'password-set': z.strictObject({ recipient: address, password: z.string().min(1).max(1000) }),
  'password-list': z.strictObject({}),
  'password-remove': z.strictObject({ recipient: address }),
  ...keyCalls,
  ...authorityCalls,
  ...holdCalls,
  ...listCalls,
  ...trustCalls,
  ...intakeCalls,
  'key-published': z.strictObject({}),
  'waiting-list': z.strictObject({}),
  ...explainCalls,
} satisfies Record<string, z.ZodType>

export type ControlCall = keyof typeof controlCalls
export type ControlInput<Call extends ControlCall> = z.infer<(typeof controlCalls)[Call]>

export interface GatewayStatus {
  readonly version: string
  readonly startedAt: string
  /** The simulated time, where the settings name a test mode. */
  readonly simulatedTime?: string
  readonly policy: {
    readonly generation: number
    readonly loadedAt: string
    readonly problems: readonly string[]
  }
  readonly connections: { readonly inbound: number; readonly outbound: number }
  readonly scanner: string
  readonly converter: string
  /** The lists that are asked by DNS. */
  readonly lists: readonly Written<ListState>[]
  readonly waiting: number
  readonly held: number
  /** Keys that wait for review, and keys in use that end within 30 days. */
  readonly keys: { readonly pending: number; readonly expiring: number }
  /** What people sent in and is not settled: how many wait for us, for their senders, and how many days are left for the oldest. */
  readonly intake?: { readonly review: number; readonly proving: number; readonly daysLeft: number | null }
}

/** What each call answers. Dates travel as ISO 8601 text, bytes not at all. */
export interface ControlAnswers
  extends Written<HoldAnswers>,
    Written<KeyAnswers>,
    Written<ListAnswers>,
    Written<TrustAnswers>,
    Written<AuthorityAnswers>,
    Written<IntakeAnswers>,
    Written<ExplainAnswers> {
  readonly status: GatewayStatus
  readonly reload: {
    readonly kind: 'loaded' | 'unchanged' | 'refused'
    readonly generation: number
    readonly problems: readonly string[]
  }
  readonly 'password-set': { readonly retried: readonly string[] }
  readonly 'password-list': readonly { readonly recipient: string; readonly setAt: string }[]
  readonly 'password-remove': { readonly removed: boolean }
  /** What a web key directory of ours shows. */
  readonly 'key-published': readonly PublicOpenPgpKey[]
  readonly 'waiting-list': readonly Written<WaitingMessage>[]
}

/** A value as JSON carries it. */
export type Written<Value> = Value extends Date
  ? string
  : Value extends readonly (infer Item)[]
    ? readonly Written<Item>[]
    : Value extends object
      ? { readonly [Key in keyof Value]: Written<Value[Key]> }
      : Value

export type ControlHandlers = {
  readonly [Call in ControlCall]: (input: ControlInput<Call>) => Promise<unknown>
}
