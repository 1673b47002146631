import type { AddressLookup, Fetched } from '../fetch-http.ts'
import type { AskedAddress } from './asked-address.ts'
import { answerOf, type KeySource, type SourceAnswer } from './discovered-key.ts'
import { openpgpKeysFor } from './openpgp-keys-for.ts'
import { wkdHash } from './wkd-hash.ts'

/** One bounded GET; see boundedFetch. */
export type Fetch = (url: string, signal: AbortSignal) => Promise<Fetched>

/**
 * The web key directory of the recipient's own domain (draft-koch-openpgp-webkey-service, 3.1). The direct method is
 * tried only where the host of the advanced one does not exist: an error of that host must not send us to another.
 */
export function webKeyDirectory(fetch: Fetch, lookup: AddressLookup): KeySource {
  const source = 'wkd'
  return {
    name: source,
    async ask(asked, signal) {
      const { domain } = asked
      switch (await exists(`openpgpkey.${domain}`, lookup, signal)) {
        case 'unknown':
          return { kind: 'error', reason: `no DNS answer for openpgpkey.${domain}` }
        case 'yes':
          return readAnswer(await fetch(wkdUrl('advanced', asked), signal), asked, source)
        case 'no': {
          const fetched = await fetch(wkdUrl('direct', asked), signal)
          const answer = await readAnswer(fetched, asked, source)
          // Most domains have a web server that knows nothing of this, or none: its errors would never end.
          return answer.kind === 'error' && !canPass(fetched)
            ? { kind: 'none', reason: answer.reason }
            : answer
        }
      }
    },
  }
}

export function wkdUrl(method: 'advanced' | 'direct', { local, domain }: AskedAddress): string {
  const file = `hu/${wkdHash(local)}?l=${encodeURIComponent(local)}`
  return method === 'advanced'
    ? `https://openpgpkey.${domain}/.well-known/openpgpkey/${domain}/${file}`
    : `https://${domain}/.well-known/openpgpkey/${file}`
}

/** Whether what went wrong is likely to be over soon. */
function canPass(fetched: Fetched): boolean {
  return fetched.kind === 'answer'
    ? fetched.status >= 500 || fetched.status === 429
    : fetched.reason === 'timeout' || fetched.reason === 'dns'
}

/** What an HTTP answer of a key server means. Keys are believed as far as `trust` says. */
export async function readAnswer(
  fetched: Fetched,
  { address }: AskedAddress,
  source: string,
  trust: 'harvested' | 'discovered' = 'discovered',
): Promise<SourceAnswer> {
  if (fetched.kind === 'failed') return { kind: 'error', reason: fetched.detail }
  // RFC 9110: 404 and 410 say that there is none; all else says nothing about the key.
  if (fetched.status === 404 || fetched.status === 410) return { kind: 'none' }
  if (fetched.status !== 200) return { kind: 'error', reason: `HTTP status ${fetched.status}` }
  const keys = await openpgpKeysFor(address, fetched.body)
  if (keys === undefined) return { kind: 'error', reason: 'the answer is no OpenPGP key' }
  return answerOf(keys.map((material) => ({ kind: 'openpgp', material, chain: [], source, trust })))
}

async function exists(
  host: string,
  lookup: AddressLookup,
  signal: AbortSignal,
): Promise<'yes' | 'no' | 'unknown'> {
  const found = await Promise.all(
    ['A', 'AAAA'].map(async (rrtype) => {
      try {
        return (await lookup(host, rrtype, signal)).length > 0 ? ('yes' as const) : ('no' as const)
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : undefined
        return code === 'ENOTFOUND' || code === 'ENODATA' ? ('no' as const) : ('unknown' as const)
      }
    }),
  )
  if (found.includes('yes')) return 'yes'
  return found.includes('unknown') ? 'unknown' : 'no'
}
