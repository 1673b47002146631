import { duplexPair } from 'node:stream'
import type { ConnectionFilter } from '../../src/milter/filter.ts'
import { type ErrorContext, MilterSession, type SessionOptions } from '../../src/milter/session.ts'
import { MilterPeer } from './milter-peer.ts'
import { recordingFilter } from './recording-filter.ts'

/** A session over a pair of streams, with an MTA at the other end. */
export function startSession(
  changes: Partial<ConnectionFilter> = {},
  options: Partial<Pick<SessionOptions, 'decides' | 'tcp' | 'newFilter'>> = {},
) {
  const [ours, theirs] = duplexPair()
  const events: unknown[][] = []
  const errors: { error: unknown; context: ErrorContext }[] = []
  const session = new MilterSession(ours, {
    newFilter: () => recordingFilter(events, changes),
    decides: ['connect', 'helo', 'mail', 'recipient', 'data'],
    tcp: false,
    connection: 1,
    onError: (error, context) => errors.push({ error, context }),
    ...options,
  })
  const mta = new MilterPeer(theirs)
  return { mta, session, events, errors, names: () => events.map(([name]) => name) }
}
