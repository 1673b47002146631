import { parseMailbox } from '../../message/mailbox.ts'
import { canonicalAddress } from '../x509/certificate.ts'

/** An address that strangers' servers may be asked for. */
export interface AskedAddress {
  /** As `canonicalAddress` gives it. */
  readonly address: string
  /** The local part in the case in which it was written: some sources tell the cases apart. */
  readonly local: string
  /** Lower-case A-labels, at least two of them: a name on the Internet. */
  readonly domain: string
}

/**
 * undefined for what must not steer where we connect or what we ask: two at signs, address literals, IP addresses,
 * names without a dot, quoted local parts.
 */
export function askedAddress(text: string): AskedAddress | undefined {
  const parsed = parseMailbox(text)
  if (parsed.kind === 'malformed') return undefined
  const { local, domain } = parsed.mailbox
  const address = canonicalAddress(`${local}@${domain}`)
  // parseMailbox takes no name that ends in digits only; an IP address is none.
  return address !== undefined && domain.includes('.') ? { address, local, domain } : undefined
}
