import { setImmediate } from 'node:timers/promises'
import { publishedOpenPgpKeys } from '../../keys/openpgp/published-openpgp-keys.ts'
import { type Certificate, readCertificate } from '../../keys/x509/certificate.ts'
import { certificatesOnly } from '../../protection/smime/certificates-only.ts'
import type { KeyStore } from '../../storage/key-store.ts'
import type { CallHandlers } from './control-server.ts'
import type { PortalAnswers, PublicCertificate, PublicOrganization, portalCalls } from './portal-calls.ts'

export interface PortalParts {
  readonly organization: PublicOrganization & { readonly domains: readonly string[] }
  readonly keyStore: Pick<KeyStore, 'list'>
  readonly now: () => Date
}

/** What the portal is told: certificates, names and a telephone number. No private key is ever read here. */
export function portalHandlers(parts: PortalParts): CallHandlers<typeof portalCalls, PortalAnswers> {
  const { name, telephone, domains } = parts.organization
  const isOurs = (address: string) => domains.includes(address.slice(address.lastIndexOf('@') + 1))
  return {
    async organization() {
      return { name, telephone }
    },
    async 'openpgp-keys'() {
      const published = await publishedOpenPgpKeys(parts.keyStore, domains, parts.now())
      return published.map(({ domain, hash, key }) => ({
        domain,
        hash,
        key: Buffer.from(key).toString('base64'),
      }))
    },
    async certificates() {
      const now = parts.now()
      // Ours are those that we hold the key of, and only for our own domains: a key file of somebody else that was
      // imported by mistake is not published.
      const stored = (await parts.keyStore.list()).filter(
        ({ kind, state, hasPrivateKey, notBefore, notAfter, addresses }) =>
          kind === 'smime' &&
          state === 'active' &&
          hasPrivateKey &&
          notBefore <= now &&
          (notAfter === undefined || now <= notAfter) &&
          addresses.some(isOurs),
      )
      const ours: {
        certificate: Certificate
        chain: readonly Certificate[]
        addresses: readonly string[]
      }[] = []
      for (const { material, chain, addresses } of stored) {
        // Reading hundreds of certificates takes tenths of a second; mail gets its turn in between.
        await setImmediate()
        ours.push({
          certificate: readCertificate(material),
          chain: chain.map((authority) => readCertificate(authority)),
          addresses: addresses.filter(isOurs),
        })
      }
      ours.sort((one, other) => ((one.addresses[0] ?? '') < (other.addresses[0] ?? '') ? -1 : 1))
      return {
        certificates: ours.map(({ certificate, addresses }) => published(certificate, addresses)),
        bundle: certificatesOnly(ours.flatMap(({ certificate, chain }) => [certificate, ...chain])).toString(
          'base64',
        ),
      }
    },
  }
}

function published(certificate: Certificate, addresses: readonly string[]): PublicCertificate {
  const { fingerprint, notBefore, notAfter, x509 } = certificate
  return {
    fingerprint,
    addresses,
    subject: nameText(x509.subject),
    issuer: nameText(x509.issuer),
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    der: x509.raw.toString('base64'),
  }
}

/** Node writes one attribute a line, most general first; people look for the name first. */
function nameText(name: string): string {
  return name.split('\n').toReversed().join(', ')
}
