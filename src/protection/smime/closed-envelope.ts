import { PermanentFailure } from '../../failure.ts'
import { MalformedDer } from '../../keys/x509/read-der.ts'
import { MalformedBer } from './ber-reader.ts'

/**
 * Why an envelope stays closed. `detail` is for the log, in English. All that goes wrong once a key is used is `damaged`
 * with the same detail: who could tell a wrong key from wrong padding could decrypt with us as an oracle
 * (Bleichenbacher 1998, Vaudenay 2002).
 */
export interface ClosedEnvelope {
  readonly kind: 'closed'
  readonly reason: 'no-key' | 'damaged' | 'unsupported' | 'too-large'
  readonly detail: string
}

/** Ends the reading of an envelope; never leaves the reader. */
export class EnvelopeProblem extends Error {
  readonly reason: ClosedEnvelope['reason']
  constructor(reason: ClosedEnvelope['reason'], detail: string) {
    super(detail)
    this.reason = reason
  }
}

/** What an error of the reader means; what is none of the sender's doing, such as a full disk, is thrown on. */
export function closedBecause(error: unknown): ClosedEnvelope {
  if (error instanceof EnvelopeProblem) return { kind: 'closed', reason: error.reason, detail: error.message }
  if (error instanceof MalformedBer || error instanceof MalformedDer)
    return { kind: 'closed', reason: 'damaged', detail: `not CMS: ${error.message}` }
  // The limit of a spool.
  if (error instanceof PermanentFailure && error.status === '3.4')
    return { kind: 'closed', reason: 'too-large', detail: error.message }
  throw error
}
