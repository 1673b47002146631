import { notifyEach } from '../delivery/notify-each.ts'
import { type Refused, refusalDigest } from '../delivery/refusal-digest.ts'
import type { Notice } from '../delivery/send-notice.ts'
import { inboundPolicyFor } from '../policy/find-policy.ts'
import { comparableAddress } from '../policy/pattern.ts'
import type { PolicySet } from '../policy/policy.ts'
import type { Storage } from '../storage/open-storage.ts'

export interface DigestParts {
  readonly storage: Pick<Storage, 'decisions' | 'effects'>
  readonly rules: () => PolicySet
  /** Our own mail domains: nobody else is told. */
  readonly ownDomains: readonly string[]
  readonly send: (notice: Notice) => Promise<void>
  readonly now: () => Date
}

/** Of somebody who is flooded with refused mail the list is cut anyway. */
const mostRemembered = 10_000

/** Whether a list of what was refused to this recipient is sent, so that subjects are kept for it. */
export function wantsDigest(rules: PolicySet, recipient: string): boolean {
  return inboundPolicyFor(rules, recipient).digest === 'daily'
}

/**
 * Tells each recipient whose policy wants it what was refused to him yesterday, in the time of the house. Each is told once,
 * whoever of several nodes does it; who could not be reached is told at the next call.
 */
export async function sendDigests({ storage, rules, ownDomains, send, now }: DigestParts): Promise<void> {
  const { decisions, effects } = storage
  const at = now()
  const today = new Date(at.getFullYear(), at.getMonth(), at.getDate())
  const yesterday = new Date(at.getFullYear(), at.getMonth(), at.getDate() - 1)
  const day = dayOf(yesterday)
  const policies = rules()
  if (![...policies.inbound.values()].some(({ digest }) => digest === 'daily')) return
  if (await effects.done(`refusals told ${day}`)) return
  const refusedTo = new Map<string, Refused[]>()
  for await (const record of decisions.refused(yesterday, today)) {
    if (record.direction !== 'inbound') continue
    const { at, author, sender, subject = '' } = record
    for (const recipient of new Set(record.recipients.map(comparableAddress))) {
      const isOurs = ownDomains.some((domain) => recipient.endsWith(`@${domain}`))
      if (!isOurs || !wantsDigest(policies, recipient)) continue
      const list = refusedTo.get(recipient) ?? []
      refusedTo.set(recipient, list)
      if (list.length < mostRemembered) list.push({ at, sender: author ?? sender, subject })
    }
  }
  const failures: unknown[] = []
  for (const [recipient, refused] of refusedTo) {
    await notifyEach(refusalDigest(recipient, day, refused), { effects, now, send }).catch((error: unknown) =>
      failures.push(error),
    )
  }
  if (failures.length > 0) {
    throw new Error(`${failures.length} people were not told what was refused to them`, {
      cause: failures[0],
    })
  }
  await effects.first(`refusals told ${day}`, at)
}

function dayOf(date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
