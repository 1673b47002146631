import { domainToASCII } from 'node:url'

/**
 * The form under which an address is stored and found: lower case, the domain in A-labels. Only its own host may
 * ignore the case of a local part (RFC 5321 2.4), but no host is known that tells two people apart by it.
 */
export function addressKey(address: string): string {
  const behindAt = address.lastIndexOf('@') + 1
  const domain = address.slice(behindAt)
  // Empty for what is no domain name, such as an address literal.
  // The dot of the DNS root: Postfix takes it away from a recipient, an administrator may write it.
  const comparable = (domainToASCII(domain) || domain).replace(/\.+$/, '')
  return `${address.slice(0, behindAt).normalize()}${comparable}`.toLowerCase()
}
