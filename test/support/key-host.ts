import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Fetch } from '../../src/keys/discovery/web-key-directory.ts'
import { type AddressLookup, boundedFetch, isPublicAddress } from '../../src/keys/fetch-http.ts'
import { authority, makeCertificate } from './make-certificate.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { type Zone, zoneLookup } from './zone-lookup.ts'

export interface KeyHost extends AsyncDisposable {
  /** Requests so far, such as `GET openpgpkey.partner.example /path`. */
  readonly seen: readonly string[]
  /** Questions to the DNS so far, such as `A openpgpkey.partner.example`. */
  readonly asked: readonly string[]
  readonly lookup: AddressLookup
  /** Bounded as in the gateway; port 443 of every host is this server. */
  readonly fetch: Fetch
}

/** The address at which the zone has to put a host that is this server. Only in these tests it is a public one. */
export const keyHostAddress = '127.0.0.1'

/** One HTTPS server for `keys.example` and all hosts of `partner.example`, with a certificate that the client believes. */
export async function startKeyHost(zone: Zone, handler: RequestListener): Promise<KeyHost> {
  using folder = temporaryFolder()
  const root = makeCertificate(folder.path, { name: 'root', extensions: authority })
  const names = ['partner.example', '*.partner.example', 'keys.example'].map((name) => `DNS:${name}`)
  const made = makeCertificate(folder.path, {
    name: 'keys',
    issuer: root,
    extensions: [`subjectAltName=${names.join(',')}`, 'extendedKeyUsage=serverAuth'],
  })
  const tls = { key: readFileSync(made.keyFile), cert: readFileSync(made.certificateFile) }
  const seen: string[] = []
  const server = createServer(tls, (request, response) => {
    seen.push(`${request.method} ${request.headers.host?.replace(/:\d+$/, '')} ${request.url}`)
    handler(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, keyHostAddress, resolve))
  const { port } = server.address() as AddressInfo
  const asked: string[] = []
  const lookup = zoneLookup(zone, asked)
  return {
    seen,
    asked,
    lookup,
    fetch(url, signal) {
      const target = new URL(url)
      target.port = `${port}`
      return boundedFetch(target.href, {
        lookup,
        isPublic: (address) => address === keyHostAddress || isPublicAddress(address),
        limitBytes: 256 * 1024,
        timeoutMs: 5000,
        signal,
        authorities: [root.certificate.pem],
      })
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
