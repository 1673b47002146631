import { readFile } from 'node:fs/promises'
import { type AddressLookup, boundedFetch, isPublicAddress, publicOr } from '../fetch-http.ts'
import type { KeySource } from './discovered-key.ts'
import { dnsKeys } from './dns-keys.ts'
import { hkpServer, verifyingKeyServer } from './key-servers.ts'
import { ldapDirectory } from './ldap-directory.ts'
import { openSecureLookup } from './secure-lookup.ts'
import { type Fetch, webKeyDirectory } from './web-key-directory.ts'

/** Which sources are switched on; as in postsiegel.yaml. */
export interface SourceSettings {
  readonly wkd: boolean
  readonly vks: readonly string[]
  readonly hkp: readonly string[]
  readonly ldap: readonly { readonly url: string; readonly base: string; readonly authorities?: string }[]
  readonly dns: boolean
  readonly trustedResolver?: string
}

export interface Network {
  readonly lookup: AddressLookup
  /** DNS servers as `address:port`; the system's when undefined. */
  readonly resolver: readonly string[] | undefined
}

/** The largest honest keys have some 100 KB. */
const mostBytes = 256 * 1024
export const sourceTimeMs = 5000

/** The sources that are switched on, and no other: what is off has nothing that could send a packet. */
export async function openSources(
  settings: SourceSettings,
  { lookup, resolver }: Network,
): Promise<readonly KeySource[]> {
  const fetchFrom =
    (isPublic: typeof isPublicAddress | ReturnType<typeof publicOr>): Fetch =>
    (url, signal) =>
      boundedFetch(url, { lookup, isPublic, limitBytes: mostBytes, timeoutMs: sourceTimeMs, signal })
  // A host that the settings name may be one of ours; one that an address names may not.
  const fetchFromNamed = (server: string) => fetchFrom(publicOr([new URL(`https://${server}`).hostname]))
  return [
    ...(settings.wkd ? [webKeyDirectory(fetchFrom(isPublicAddress), lookup)] : []),
    ...settings.vks.map((server) => verifyingKeyServer(server, fetchFromNamed(server))),
    ...(await Promise.all(
      settings.ldap.map(async ({ url, base, authorities }) =>
        ldapDirectory({
          url,
          base,
          ...(authorities ? { authorities: [await readFile(authorities, 'utf8')] } : {}),
        }),
      ),
    )),
    ...(settings.dns ? [dnsKeys(openSecureLookup(resolver, settings.trustedResolver))] : []),
    // Last: what anybody may have put there must not come before what somebody stands for.
    ...settings.hkp.map((server) => hkpServer(server, fetchFromNamed(server))),
  ]
}
