import type { ClientFacts } from '../message/facts.ts'
import type { Client } from '../message/received-message.ts'
import { readPattern } from '../policy/pattern.ts'
import { looksDialUp } from './dial-up-name.ts'

/** What can be seen of the server that connected, without asking anybody: Postfix has resolved its name both ways. */
export function clientFacts({ address, hostName, reverse, helo }: Client): ClientFacts {
  // What did not come over the network has no name to be judged by.
  if (address === undefined) return { reverse: 'unknown', looksDialUp: false, heloIsName: true }
  return {
    reverse,
    looksDialUp: hostName !== undefined && looksDialUp(hostName, address),
    heloIsName: isHostName(helo),
  }
}

/** RFC 5321 4.1.1.1: a server greets with its full name. An address literal is permitted for who has none, and is none. */
function isHostName(helo: string): boolean {
  return !/[@*]/.test(helo) && helo !== 'default' && readPattern(helo) !== undefined
}
