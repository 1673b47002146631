import { z } from 'zod'
import { comparableDomain, readPattern } from '../policy/pattern.ts'

/** A file or folder. */
export const path = z.string().regex(/^\/[^\0\n]*$/, 'a path that begins with /')

/** Linux, unix(7): sun_path has 108 bytes with the zero at its end. */
export const socketPath = path.refine(
  (text) => Buffer.byteLength(text) <= 107,
  'a socket path has at most 107 bytes',
)

const loopback = /^inet:(127(\.\d{1,3}){3}|\[::1\]|localhost):\d{1,5}$/

/** Nobody who connects proves who he is, so it has to be the same machine. */
export const listenAddress = z
  .string()
  .refine((text) => socketPath.safeParse(text).success || (loopback.test(text) && hasPort(text)), {
    error: 'a socket path of at most 107 bytes or inet:127.0.0.1:PORT is wanted here',
  })

export const loopbackAddress = z
  .string()
  .refine((text) => loopback.test(text) && hasPort(text), { error: 'inet:127.0.0.1:PORT is wanted here' })

export const peerAddress = z
  .string()
  .refine(
    (text) =>
      socketPath.safeParse(text).success ||
      (/^inet:(\[[\da-f:.]+\]|[\w.-]+):\d{1,5}$/i.test(text) && hasPort(text)),
    {
      error: 'a socket path or inet:HOST:PORT is wanted here',
    },
  )

export const groupName = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'the name of a group')

export const dnsServer = z
  .string()
  .refine((text) => /^(\[[\da-f:.]+\]|\d{1,3}(\.\d{1,3}){3}):\d{1,5}$/i.test(text) && hasPort(text), {
    error: 'an IP address and port such as 127.0.0.1:53 or [::1]:53 is wanted here',
  })

export const ownDomain = z
  .string()
  .refine(
    (text) =>
      !text.includes('@') && !text.startsWith('*') && text !== 'default' && readPattern(text) !== undefined,
    {
      error: 'a mail domain such as example.org is wanted here',
    },
  )
  .transform(comparableDomain)

function hasPort(text: string): boolean {
  return Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535
}

/** A key server over HTTPS, as `keys.openpgp.org` or `keys.example.org:8443`. */
export const keyServer = z
  .string()
  .regex(/^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*(:\d{1,5})?$/, 'a host such as keys.openpgp.org')
  .refine((text) => !text.includes(':') || hasPort(text), 'a port has at most five digits')

export const LdapDirectory = z.strictObject({
  url: z
    .string()
    .regex(/^ldaps?:\/\/(\[[\da-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i, 'ldaps://HOST or ldap://HOST')
    .describe('ldaps://HOST[:PORT], or ldap://HOST[:PORT], which is always upgraded to TLS (StartTLS)'),
  base: z.string().min(1).max(500).describe('distinguished name below which people are looked for'),
  authorities: path
    .exactOptional()
    .describe('PEM file with the authorities of its TLS certificate; left out: those that Node brings'),
})
