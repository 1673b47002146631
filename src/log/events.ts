/** Everything the gateway logs, as types: one JSON line each. No subject, no content, no file names, no keys. */
export type LogEvent =
  | {
      readonly event: 'ready'
      readonly inbound: string
      readonly outbound: string
      readonly tlsPolicy: string
    }
  /** The time is simulated: nothing that this gateway says of time is true. */
  | { readonly event: 'test-mode'; readonly warning: string; readonly clock: string; readonly time: string }
  | { readonly event: 'portal-ready'; readonly url: string }
  | { readonly event: 'stopping'; readonly reason: string }
  | {
      readonly event: 'decided'
      readonly id: string
      readonly queueId: string | undefined
      readonly direction: 'inbound' | 'outbound'
      readonly sender: string
      readonly recipients: readonly string[]
      readonly answer: string
      readonly outcomes: readonly string[]
      readonly score?: number
      readonly signals?: readonly string[]
      readonly milliseconds: number
      readonly policyGeneration: number
    }
  | {
      readonly event: 'failed'
      readonly id: string
      readonly queueId: string | undefined
      readonly error: string
      readonly cause?: string
    }
  | { readonly event: 'connection-problem'; readonly where: string; readonly error: string }
  | { readonly event: 'policy-loaded'; readonly generation: number }
  | { readonly event: 'policy-problem'; readonly problem: string; readonly inForce: number }
  | { readonly event: 'held'; readonly id: string; readonly message: string; readonly releaseAt: string }
  | {
      readonly event: 'released' | 'locked' | 'release-postponed'
      readonly id: string
      readonly note: string
    }
  | {
      readonly event: 'early-release'
      readonly id: string
      readonly outcome: 'asked' | 'hastened'
      readonly by: string
    }
  /** The last entry of the audit, hourly: who cuts off the end of the record cannot cut it out of the log too. */
  | { readonly event: 'audit'; readonly number: number; readonly mac: string }
  | {
      readonly event: 'key-changed'
      readonly act: string
      readonly kind: 'smime' | 'openpgp'
      readonly fingerprint: string
    }
  /** What became of a certificate or key that was sent in. */
  | { readonly event: 'intake'; readonly id: string; readonly state: string; readonly reason: string }
  /** Somebody here wrote to more new people today than one writes to: nothing more is learned of it. */
  | { readonly event: 'learning-limit'; readonly sender: string }
  /** A list that is asked by DNS counts, or counts no more: `off` by its own word or its test, `silent` without an answer. */
  | {
      readonly event: 'dns-list'
      readonly list: string
      readonly state: string
      readonly reason: string | undefined
    }
  | { readonly event: 'queue-retried'; readonly queueId: string; readonly recipient: string }
  /** What the converter tells of itself; see its ConverterEvent. */
  | { readonly event: 'converter'; readonly happened: object }
  | { readonly event: 'problem'; readonly where: string; readonly error: string }

export type Log = (event: LogEvent) => void
