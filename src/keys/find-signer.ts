import { createPrivateKey } from 'node:crypto'
import { type CertificateSources, findCertificates } from './find-keys.ts'
import type { SetAside } from './keys-in-force.ts'
import type { Signer } from './signer.ts'

export interface FoundSigner {
  readonly signer: Signer | undefined
  readonly setAside: readonly SetAside[]
}

/** The best certificate of one of our own addresses that is usable for signing and has its private key here. */
export async function findSigner(
  sources: CertificateSources,
  address: string,
  at: Date,
): Promise<FoundSigner> {
  const found = await findCertificates(sources, address, 'sign', at)
  const setAside = [...found.setAside]
  for (const { key, certificate, chain } of found.usable) {
    const pem = await sources.keyStore.privateKeyOf(key.fingerprint)
    if (pem === undefined) {
      setAside.push({ key, reason: 'no-private-key', detail: 'its private key is not here' })
      continue
    }
    const privateKey = createPrivateKey(pem)
    if (!certificate.x509.checkPrivateKey(privateKey)) {
      setAside.push({ key, reason: 'key-does-not-match', detail: 'the stored key is not its own' })
      continue
    }
    return { signer: { certificate, chain, privateKey }, setAside }
  }
  return { signer: undefined, setAside }
}
