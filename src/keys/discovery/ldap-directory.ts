import { blocksOfKeyFile } from '../import/blocks-of-key-file.ts'
import { KeyImportError } from '../import/key-import-error.ts'
import { type Certificate, readCertificate } from '../x509/certificate.ts'
import { answerOf, type DiscoveredKey, type KeySource, maxKeysPerSource } from './discovered-key.ts'
import { type LdapDirectory, ldapSearch } from './ldap-search.ts'

/** Each PKCS#7 costs a run of openssl. */
const mostValues = 4 * maxKeysPerSource
const mostCertificates = 16

/** A directory with the S/MIME certificates of people. It learns one address by each question, and nothing else. */
export function ldapDirectory(directory: LdapDirectory): KeySource {
  const name = `ldap ${new URL(directory.url).host}`
  return {
    name,
    async ask({ address }, signal) {
      try {
        const values = await ldapSearch(directory, address, signal)
        return answerOf(await certificatesFor(address, values.slice(0, mostValues), name))
      } catch (error) {
        // What a server says is text of a stranger; the kind of error tells enough.
        return { kind: 'error', reason: error instanceof Error ? error.name : 'Error' }
      }
    },
  }
}

/** Each value is read by itself: a broken one hides no other. What does not name the address can only be a chain. */
async function certificatesFor(
  address: string,
  values: readonly Uint8Array[],
  source: string,
): Promise<readonly DiscoveredKey[]> {
  const keys = new Map<string, DiscoveredKey>()
  for (const value of values) {
    const certificates = await readValue(value)
    const chain = certificates.filter(({ addresses }) => !addresses.includes(address)).map(({ pem }) => pem)
    for (const { fingerprint, addresses, pem } of certificates) {
      if (!addresses.includes(address)) continue
      const known = keys.get(fingerprint)
      if (known && known.chain.length >= chain.length) continue
      keys.set(fingerprint, { kind: 'smime', material: pem, chain, source, trust: 'discovered' })
    }
  }
  return [...keys.values()]
}

async function readValue(value: Uint8Array): Promise<readonly Certificate[]> {
  try {
    const blocks = await blocksOfKeyFile(value, undefined)
    return blocks
      .filter(({ label }) => label === 'CERTIFICATE')
      .slice(0, mostCertificates)
      .map(({ text }) => readCertificate(text))
  } catch (error) {
    if (error instanceof KeyImportError && error.problem === 'openssl-missing') throw error
    return []
  }
}
