import { createHash } from 'node:crypto'
import { type Certificate, readCertificate } from '../x509/certificate.ts'
import type { AskedAddress } from './asked-address.ts'
import { answerOf, type DiscoveredKey, type KeySource, type SourceAnswer } from './discovered-key.ts'
import { openpgpKeysFor } from './openpgp-keys-for.ts'
import type { SecureLookup } from './secure-lookup.ts'

/** IANA numbers of the record types. */
const smimea = 53
const openpgpkey = 61

/** RFC 6698 2.1: end entity of a trusted authority, or on the word of its domain alone. */
const usages = [1, 3]
const wholeCertificate = 0
const notHashed = 0

/** Keys in the DNS of the recipient's domain: OPENPGPKEY (RFC 7929) and SMIMEA (RFC 8162), proven by DNSSEC. */
export function dnsKeys(lookup: SecureLookup | undefined): KeySource {
  return {
    name: 'dns',
    async ask(asked, signal) {
      if (!lookup) {
        const reason = 'no DNS server at a loopback address, and discovery.trustedResolver is not set'
        return { kind: 'error', reason }
      }
      const answers = await Promise.all([
        ask(lookup, asked, { label: '_openpgpkey', type: openpgpkey }, signal),
        ask(lookup, asked, { label: '_smimecert', type: smimea }, signal),
      ])
      const keys = answers.flatMap((answer) => (answer.kind === 'found' ? answer.keys : []))
      return keys.length > 0
        ? answerOf(keys)
        : (answers.find(({ kind }) => kind === 'error') ?? { kind: 'none' })
    },
  }
}

interface Place {
  readonly label: string
  readonly type: number
}

async function ask(
  lookup: SecureLookup,
  asked: AskedAddress,
  { label, type }: Place,
  signal: AbortSignal,
): Promise<SourceAnswer> {
  // Both RFCs hash the local part as it is written, and leave it to the domain to publish other spellings.
  for (const local of new Set([asked.local, asked.local.toLowerCase()])) {
    const answer = await lookup(`${nameHash(local)}.${label}.${asked.domain}`, type, signal)
    if (answer.kind === 'failed') {
      return {
        kind: 'error',
        reason: answer.reason === 'unproven' ? 'the records are not proven by DNSSEC' : 'no DNS answer',
      }
    }
    if (answer.kind === 'none') continue
    return answerOf(
      type === openpgpkey
        ? await keysIn(answer.records, asked.address)
        : certificatesIn(answer.records, asked.address),
    )
  }
  return { kind: 'none' }
}

/** RFC 7929 3 and RFC 8162 3: SHA-256 of the local part, cut to 28 bytes, in hex. */
export function nameHash(local: string): string {
  return createHash('sha256').update(local).digest('hex').slice(0, 56)
}

async function keysIn(records: readonly Uint8Array[], address: string): Promise<readonly DiscoveredKey[]> {
  const found = await Promise.all(records.map((record) => openpgpKeysFor(address, record)))
  return found
    .flatMap((keys) => keys ?? [])
    .map((material) => ({ kind: 'openpgp', material, chain: [], source: 'dns', trust: 'discovered' }))
}

/**
 * Records that hold a whole certificate (RFC 6698 2.1). A hash or a bare key would only confirm one that we have. Usage
 * 3 is the domain's own word that this is the one, and needs no authority: `vouchedFor` knows it by the source 'dns'.
 */
function certificatesIn(records: readonly Uint8Array[], address: string): readonly DiscoveredKey[] {
  return records.flatMap((record): readonly DiscoveredKey[] => {
    const [usage = -1, selector, matching] = record
    if (!usages.includes(usage) || selector !== wholeCertificate || matching !== notHashed) return []
    const certificate = readable(record.subarray(3))
    if (!certificate?.addresses.includes(address)) return []
    const source = usage === 3 ? 'dns' : 'dns with authority'
    return [{ kind: 'smime', material: certificate.pem, chain: [], source, trust: 'discovered' }]
  })
}

function readable(der: Uint8Array): Certificate | undefined {
  try {
    return readCertificate(der)
  } catch {
    return undefined
  }
}
