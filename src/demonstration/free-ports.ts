import { type AddressInfo, createServer } from 'node:net'

/** Ports that nobody uses on any of the addresses at this moment: all found before any is given back. */
export async function freePorts(
  count: number,
  addresses: readonly string[] = ['127.0.0.1'],
): Promise<number[]> {
  const found: number[] = []
  while (found.length < count) {
    const port = await bindable(addresses)
    if (port !== undefined && !found.includes(port)) found.push(port)
  }
  return found
}

async function bindable(addresses: readonly string[]): Promise<number | undefined> {
  const servers = []
  let port = 0
  try {
    for (const address of addresses) {
      const server = createServer()
      servers.push(server)
      await new Promise<void>((resolve, reject) =>
        server.once('error', reject).listen(port, address, resolve),
      )
      port = (server.address() as AddressInfo).port
    }
    return port
  } catch (error) {
    // Taken on one of the addresses only: the next try gets another one.
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}
