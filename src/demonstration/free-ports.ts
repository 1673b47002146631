import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below what Linux gives to outgoing connections (32768-60999), so that none of them takes one meanwhile. */
const [lowest, highest] = [20_000, 32_000]

/** Ports that nobody uses on any of the addresses at this moment. */
export async function freePorts(
  count: number,
  addresses: readonly string[] = ['127.0.0.1'],
): Promise<number[]> {
  const found: number[] = []
  while (found.length < count) {
    const port = randomInt(lowest, highest)
    if (!found.includes(port) && (await isFree(port, addresses))) found.push(port)
  }
  return found
}

async function isFree(port: number, addresses: readonly string[]): Promise<boolean> {
  const servers = []
  try {
    for (const address of addresses) {
      const server = createServer()
      servers.push(server)
      await new Promise<void>((resolve, reject) =>
        server.once('error', reject).listen(port, address, resolve),
      )
    }
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}
