import { createHash } from 'node:crypto'
import type { Effects } from '../storage/effects.ts'
import type { Notice } from './send-notice.ts'

export interface NotifyParts {
  readonly effects: Pick<Effects, 'first' | 'done'>
  readonly now: () => Date
  readonly send: (notice: Notice) => Promise<void>
}

/**
 * Hands a notice to each of its recipients alone: none learns of the others, who may have been blind copies, and one
 * whom Postfix refuses keeps it from nobody. Fails if somebody did not get it; a repetition then reaches only those.
 */
export async function notifyEach(notice: Notice, { effects, now, send }: NotifyParts): Promise<void> {
  const failures: unknown[] = []
  for (const recipient of notice.to) {
    const who = createHash('sha256').update(recipient).digest('base64url')
    const told = `${notice.messageIdLocal} to ${who}`
    if (await effects.done(told)) continue
    try {
      await send({ ...notice, to: [recipient] })
    } catch (error) {
      failures.push(error)
      continue
    }
    await effects.first(told, now())
  }
  const [first] = failures
  if (failures.length > 0) {
    const message = `${failures.length} of ${notice.to.length} recipients could not be reached`
    throw new Error(message, { cause: first })
  }
}
