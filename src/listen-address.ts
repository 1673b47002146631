import { lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'

/** Where a server listens: a unix socket, or a TCP port (0: any free one). */
export type ListenAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

/** Reads `/path/of/socket`, `inet:127.0.0.1:8891` or `inet:[::1]:8891`. Throws RangeError on anything else. */
export function parseListenAddress(text: string): ListenAddress {
  if (text.startsWith('/')) return { kind: 'unix', path: text }
  const inet = /^inet:(?:\[([\da-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const host = inet?.[1] ?? inet?.[2]
  const port = Number(inet?.[3])
  if (host === undefined || port > 65535) throw new RangeError(`Not an address to listen on: ${text}`)
  return { kind: 'tcp', host, port }
}

/**
 * Removes a unix socket that a dead process left behind. Throws if somebody listens there, or if it is not a socket:
 * two gateways on one address would take each other's mail.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) return
  if (!found.isSocket()) throw new Error(`${path} exists and is not a socket`)
  const refused = await new Promise<boolean>((resolve, reject) => {
    const probe = connect(path, () => {
      probe.destroy()
      resolve(false)
    })
    probe.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? resolve(true) : reject(error),
    )
  })
  if (!refused) throw new Error(`Another process listens on ${path}`)
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}
