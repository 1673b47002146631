import type { Accepted, Delivered } from '../delivery/deliver-inbound.ts'
import type { AuthorKeys, ProtectionOrder } from '../delivery/protect.ts'
import type { GatheredFacts } from '../inspection/gather-facts.ts'
import type { Ways } from '../keys/find-ways.ts'
import type { Log } from '../log/events.ts'
import type { Workspace } from '../message/byte-source.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import type { FinalAnswer } from '../milter/filter.ts'
import type { OutboundPolicy, PolicySet } from '../policy/policy.ts'
import type { FoundAuthorProtection } from '../protection/author-protection.ts'
import type { Decisions } from '../storage/decisions.ts'
import type { Effects } from '../storage/effects.ts'
import type { KnownPeople } from '../storage/known-people.ts'
import type { TrustMemory } from '../storage/trust-memory.ts'
import type { WaitingMessages } from '../storage/waiting-messages.ts'
import type { IntakeDesk } from './intake-desk.ts'

/** What the way of a message needs of the world, by type only; `main.ts` makes the effects and hands them over. */
export interface Gateway {
  readonly organization: {
    readonly name: string
    readonly telephone: string
    readonly domains: readonly string[]
  }
  readonly now: () => Date
  readonly log: Log
  /** The policies in force; a message asks once and keeps what it got. */
  readonly rules: () => PolicySet
  readonly decisions: Pick<Decisions, 'add'>
  readonly people: Pick<KnownPeople, 'learn'>
  readonly memory: Pick<TrustMemory, 'learnSent' | 'learnAccepted' | 'learnRefused'>
  /** Names of correspondents are kept, sealed, as long as the settings say. */
  readonly keepsNames: boolean
  readonly effects: Pick<Effects, 'first' | 'done' | 'at'>
  readonly waiting: Pick<WaitingMessages, 'add' | 'remove'>
  /** Inbound: everything the judgement rests on, and the message with its protection taken off. */
  readonly gatherFacts: (
    message: ReceivedMessage,
    workspace: Workspace,
    signal: AbortSignal,
  ) => Promise<GatheredFacts>
  /** Inbound: what an accepted message looks like; originals are held before this resolves. */
  readonly deliverInbound: (
    message: ReceivedMessage,
    accepted: Accepted,
    workspace: Workspace,
    signal: AbortSignal,
  ) => Promise<Delivered>
  /** Inbound: the keys that an accepted message brings of its author. Never fails, and nobody waits for what comes of them. */
  readonly harvest: (message: ReceivedMessage, gathered: GatheredFacts) => Promise<void>
  /** Inbound: certificates and keys that people send in; undefined where no address takes them. */
  readonly intake: IntakeDesk | undefined
  /** Outbound: with what a recipient can be written to, and with what an author signs. */
  readonly findWays: (
    recipient: string,
    at: Date,
    policy: Pick<OutboundPolicy, 'protection' | 'keyTrust'>,
    signal?: AbortSignal,
  ) => Promise<Ways>
  readonly findSigners: (
    author: string | undefined,
    at: Date,
  ) => Promise<AuthorKeys & { readonly awaitsRevocation?: boolean }>
  /** Outbound: what the author's program made of the message, and whether it is an invitation. */
  readonly inspectOutbound: (
    message: ReceivedMessage,
    workspace: Workspace,
  ) => Promise<{ readonly author: FoundAuthorProtection; readonly isCalendar: boolean }>
  /** Outbound: the names of what is in a message that a policy wants protected. */
  readonly detectContent: (
    message: ReceivedMessage,
    policy: Pick<OutboundPolicy, 'words' | 'attachmentTypes'>,
  ) => Promise<readonly string[]>
  /** Outbound: the message with PDFs for its Office files, or refused for them; undefined if it has none. */
  readonly convertOutbound: (
    message: ReceivedMessage,
    office: 'convert' | 'refuse',
    workspace: Workspace,
    signal: AbortSignal,
  ) => Promise<ReceivedMessage | undefined>
  /** Outbound: the message as it leaves. */
  readonly protect: (
    message: ReceivedMessage,
    order: ProtectionOrder,
    workspace: Workspace,
    signal: AbortSignal,
  ) => Promise<FinalAnswer>
}
