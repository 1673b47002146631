import type { SunkMail } from './mail-sink.ts'
import { pollUntil } from './poll-until.ts'
import type { Reply } from './smtp-client.ts'
import type { GatewayEvent, Site } from './start-site.ts'

/** One row of the demonstration's table: something is sent, and what should come of it is looked at for real. */
export interface Sample {
  readonly name: string
  readonly direction: 'outbound' | 'inbound'
  /** Needs Postfix's own MX look-ups, because TLS agreements are about next hops. */
  readonly needsMx?: true
  run(site: Site): Promise<SampleOutcome>
}

/** Throwing an error is how a sample says that it did not come out as expected. */
export interface SampleOutcome {
  /** What Postfix answered, all lines. */
  readonly reply: string
  /** What arrived, or why nothing did. */
  readonly outcome: string
}

export function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what)
}

/** Waits for the mail to this recipient whose content, as it arrived, fits. */
export function arrived(
  site: Site,
  recipient: string,
  fits: (mail: SunkMail) => boolean = () => true,
): Promise<SunkMail> {
  return pollUntil(
    `mail arrives at ${recipient}`,
    () => site.received().find((mail) => mail.recipient === recipient && fits(mail)),
    90_000,
  )
}

/** Only the mails that arrived after this moment. */
export function since(site: Site): (mail: SunkMail) => boolean {
  const before = new Set(site.received().map(({ file }) => file))
  return ({ file }) => !before.has(file)
}

/** Waits until the queue holds a mail to this recipient with a reason; the reason is what the hop or the host said. */
export async function waitsFor(site: Site, recipient: string, reason: RegExp): Promise<string> {
  return pollUntil(
    `mail to ${recipient} waits in the queue`,
    async () => {
      const queued = (await site.postfix.queue()).flatMap(({ recipients }) => recipients)
      return queued.find(
        ({ address, delay_reason }) => address === recipient && reason.test(delay_reason ?? ''),
      )?.delay_reason
    },
    90_000,
  )
}

/** "550 5.7.1" from a reply of one or more lines. */
export function statusOf(reply: Reply): string {
  return /^\d{3}[ -](\d\.\d+\.\d+)?/.exec(reply.text)?.[0].replace('-', ' ').trim() ?? reply.text
}

/** Why the gateway did what it did, from its log: outcome, score and what it is made of. */
export function describeDecision(event: GatewayEvent): string {
  const { outcomes, answer, score, signals } = event
  const parts = [Array.isArray(outcomes) ? outcomes.join('; ') : '', String(answer)]
  if (typeof score === 'number') parts.push(`trust ${score}`)
  if (Array.isArray(signals) && signals.length > 0) parts.push(signals.join(', '))
  return parts.filter((part) => part !== '').join(' | ')
}
