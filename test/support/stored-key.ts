import type { Certificate } from '../../src/keys/x509/certificate.ts'
import type { StoredKey } from '../../src/storage/key-store.ts'

/** A certificate as an administrator's import stores it, changed as wished. */
export function storedCertificate(certificate: Certificate, change: Partial<StoredKey> = {}): StoredKey {
  const { fingerprint, addresses, pem, notBefore, notAfter } = certificate
  return {
    ...{ kind: 'smime', fingerprint, addresses, domains: [], material: pem, chain: [], notBefore, notAfter },
    ...{ hasPrivateKey: false, trust: 'manual', source: 'import', state: 'active', pinned: false },
    ...{ capabilities: [], addedAt: notBefore },
    ...change,
  }
}
