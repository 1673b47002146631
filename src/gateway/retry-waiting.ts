import type { Settings } from '../config/settings.ts'
import { retryQueued } from '../delivery/retry-queued.ts'
import type { Log } from '../log/events.ts'
import type { Storage } from '../storage/open-storage.ts'

export interface WaitingParts {
  readonly settings: Pick<Settings, 'postfix'>
  readonly storage: Pick<Storage, 'waitingMessages'>
  readonly log: Log
}

/** Asks Postfix to try what waits for a recipient again. A message that has left the queue meanwhile is no error. */
export async function retryWaiting(recipient: string, parts: WaitingParts): Promise<string[]> {
  const { storage, settings, log } = parts
  const retried: string[] = []
  for (const { queueId } of await storage.waitingMessages.of(recipient)) {
    try {
      await retryQueued(settings.postfix.configDirectory, queueId)
      log({ event: 'queue-retried', queueId, recipient })
      retried.push(queueId)
    } catch (error) {
      log({ event: 'problem', where: `retry of ${queueId}`, error: String(error) })
    }
  }
  return retried
}
