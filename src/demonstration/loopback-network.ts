import { randomInt } from 'node:crypto'
import { type DnsServer, type DnsServerOptions, startDnsServer } from './dns-server.ts'
import { freePorts } from './free-ports.ts'

/** A piece of 127.0.0.0/8 for one demonstration: 127.x.y.* with a name server at .53 that nobody else uses. */
export interface LoopbackNetwork {
  /** Address with this last number. */
  address(last: number): string
  readonly dns: DnsServer
  /** Whether the name server has port 53, which alone libc's resolver asks. */
  readonly onPort53: boolean
}

/** Finds a network whose name server can be started; two demonstrations side by side get different ones. */
export async function openLoopbackNetwork(
  options: (address: (last: number) => string) => Omit<DnsServerOptions, 'address' | 'port'>,
): Promise<LoopbackNetwork> {
  for (let attempt = 0; ; attempt += 1) {
    const prefix = `127.${randomInt(64, 255)}.${randomInt(1, 255)}`
    const address = (last: number) => `${prefix}.${last}`
    const port53 = attempt < 10
    try {
      // Something that has port 53 on all addresses, or a lack of rights: then another port must do.
      const port = port53 ? 53 : ((await freePorts(1, [address(53)]))[0] as number)
      const dns = await startDnsServer({ ...options(address), address: address(53), port })
      return { address, dns, onPort53: port53 }
    } catch (error) {
      if (attempt >= 20) throw error
    }
  }
}
