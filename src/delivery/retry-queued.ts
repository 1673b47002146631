import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Asks Postfix to try a queued message at once (`postqueue -i ID`). The id came out of a header, so its form is
 * checked again before it becomes an argument.
 */
export async function retryQueued(configDirectory: string, queueId: string): Promise<void> {
  if (!/^[0-9A-Za-z]{6,32}$/.test(queueId)) throw new Error(`not a queue id: ${JSON.stringify(queueId)}`)
  await run('/usr/sbin/postqueue', ['-c', configDirectory, '-i', queueId], { timeout: 20_000 })
}
