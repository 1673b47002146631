import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * The network that a mail server shares with its neighbours, /24 or /48: large senders deliver from many addresses of one.
 * Undefined for what is no IP address.
 */
export function clientNetwork(address: string): string | undefined {
  if (isIP(address) === 0) return undefined
  // An IPv4 client of a socket for both comes as ::ffff:192.0.2.1.
  const client = ipaddr.process(address)
  return client.kind() === 'ipv4'
    ? `${client.toByteArray().slice(0, 3).join('.')}.0/24`
    : `${Buffer.from(client.toByteArray().slice(0, 6)).toString('hex')}::/48`
}
