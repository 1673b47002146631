import { createPrivateKey } from 'node:crypto'
import { type CertificateSources, findCertificates, type UsableCertificate } from './find-keys.ts'
import type { SetAside } from './keys-in-force.ts'
import type { Signer } from './signer.ts'
import type { Certificate } from './x509/certificate.ts'
import { allows } from './x509/usable-for.ts'

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
  for (const { key, certificate, chain } of found.usable.toSorted(widelyReadFirst)) {
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
    const encryptionCertificate = await forAnswers(certificate, sources, address, at)
    return { signer: { certificate, chain, privateKey, encryptionCertificate }, setAside }
  }
  return { signer: undefined, setAside }
}

/** Ed25519 is good and hardly read in mail yet: OpenSSL 3.0 and GnuPG 2.2 do not. It signs where there is nothing else. */
function widelyReadFirst(one: UsableCertificate, other: UsableCertificate): number {
  const isRare = ({ certificate }: UsableCertificate) => certificate.publicKey.asymmetricKeyType === 'ed25519'
  return Number(isRare(one)) - Number(isRare(other))
}

/** The certificate that answers are encrypted to, if the signer's own cannot be: one whose private key is here. */
async function forAnswers(
  signing: Certificate,
  sources: CertificateSources,
  address: string,
  at: Date,
): Promise<Certificate | undefined> {
  if (allows(signing, 'encrypt')) return undefined
  const { usable } = await findCertificates(sources, address, 'encrypt', at)
  return usable.find(({ key, isDomain }) => key.hasPrivateKey && !isDomain)?.certificate
}
