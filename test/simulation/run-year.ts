import type { Storage } from '../../src/storage/open-storage.ts'
import { shippedWeights, type Weights } from '../../src/trust/weights.ts'
import { badMail } from './bad-mail.ts'
import { eventQueue } from './event-queue.ts'
import { firmWith } from './firm.ts'
import { goodMail } from './good-mail.ts'
import { chanceFrom } from './random.ts'
import type { MailKind, SimulatedMail } from './simulated-mail.ts'
import { type Correspondent, employees } from './world.ts'

const minute = 60_000
const day = 86_400_000

/** What became of the mails of one kind. */
export interface Outcomes {
  accepted: number
  refused: number
  /** Asked to come again, and never came. */
  lost: number
  /** Of these, how many were asked to come again at least once. */
  deferred: number
}
export type Year = ReadonlyMap<MailKind, Outcomes>

export interface YearOptions {
  readonly seed: number
  readonly days?: number
  /** How busy the world is: 1 is about 40,000 mails a year. */
  readonly scale?: number
  readonly weights?: Weights
  /** Told of each last verdict. */
  readonly onVerdict?: (mail: SimulatedMail, accepted: boolean, signals: readonly string[]) => void
}

/** What the world does: sends mail to us, and has us send. */
export interface Actor {
  readonly now: () => number
  readonly plan: (at: number, happen: () => Promise<void>) => void
  /** Hands a mail in; resolves at its first answer. `then` is told what became of it in the end. */
  readonly arrive: (mail: SimulatedMail, then?: (accepted: boolean) => Promise<void>) => Promise<void>
  /** We write to somebody; gives the Message-ID. */
  readonly weWrite: (from: string, to: Correspondent | string) => Promise<string>
  /** Whether somebody here has written to him within half a year. */
  readonly isKnown: (address: string) => boolean
  readonly end: number
}

/** Simulates mail of a firm of 30 people. The same seed gives the same year. */
export async function runYear(
  storage: Pick<Storage, 'trustMemory' | 'effects'>,
  { seed, days = 365, scale = 1, weights = shippedWeights, onVerdict }: YearOptions,
): Promise<Year> {
  const chance = chanceFrom(seed)
  const queue = eventQueue()
  const firm = firmWith(storage, weights)
  const outcomes = new Map<MailKind, Outcomes>()
  const writtenTo = new Map<string, number>()
  const start = Date.UTC(2026, 0, 1, 8)
  const end = start + days * day
  let now = start
  let sent = 0

  const count = (kind: MailKind) => {
    const known = outcomes.get(kind) ?? { accepted: 0, refused: 0, lost: 0, deferred: 0 }
    outcomes.set(kind, known)
    return known
  }

  const actor: Actor = {
    now: () => now,
    end,
    plan: (at, happen) => queue.plan(at, happen),
    isKnown: (address) => now - (writtenTo.get(address) ?? Number.NEGATIVE_INFINITY) < 180 * day,
    async weWrite(from, to) {
      const address = typeof to === 'string' ? to : to.address
      const messageId = `<${sent++}.${seed}@kanzlei.example>`
      await firm.send({ from, to: address, messageId }, now)
      writtenTo.set(address, now)
      return messageId
    },
    async arrive(mail, then = async () => {}) {
      const message = firm.messageOf(mail)
      const tally = count(mail.kind)
      const attempt = async (number: number): Promise<void> => {
        const { outcome, trust } = await firm.judge(mail, message, now)
        if (outcome.kind === 'defer') {
          if (number === 1) tally.deferred += 1
          if (!mail.comesAgain || number === 8) {
            tally.lost += 1
            return then(false)
          }
          queue.plan(now + minute * (6 + 5 * number * number), () => attempt(number + 1))
          return
        }
        const isAccepted = outcome.kind === 'deliver'
        tally[isAccepted ? 'accepted' : 'refused'] += 1
        onVerdict?.(
          mail,
          isAccepted,
          trust.signals.map(({ name, points }) => `${name} ${points}`),
        )
        if (isAccepted && chance.happens(0.02) && mail.sender !== '') {
          // Somebody is on vacation.
          const messageId = `<${sent++}.v${seed}@kanzlei.example>`
          await firm.send({ from: mail.recipient, to: mail.sender, messageId, automatic: true }, now)
        }
        return then(isAccepted)
      }
      await attempt(1)
    },
  }
  const world = { chance, actor, employees, scale }
  const partners = goodMail(world)
  badMail({ ...world, partners })

  for (let event = queue.next(); event && event.at < end; event = queue.next()) {
    now = event.at
    await event.happen()
  }
  return outcomes
}
