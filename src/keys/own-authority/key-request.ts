import type { KeyRequest, KeyRequests } from '../../storage/key-requests.ts'
import type { ImportedKey } from '../import/import-keys.ts'
import { readCertificate } from '../x509/certificate.ts'
import { context, oid, sequence, setOf, smallInteger } from '../x509/write-der.ts'
import { requestedExtensions } from './write-certificate.ts'
import { nameOf, newRsaKey, pem, publicKeyInfo, publicKeyPrint, signed } from './x509-parts.ts'

const extensionRequest = '1.2.840.113549.1.9.14'

/** A request to a public authority (PKCS#10, RFC 2986) for one address, with a new key. Not stored yet. */
export async function createKeyRequest(
  person: { readonly address: string; readonly name: string },
  at: Date,
): Promise<{ readonly request: KeyRequest; readonly privateKey: string }> {
  const key = await newRsaKey()
  const wanted = sequence(...requestedExtensions(person.address))
  const content = sequence(
    smallInteger(0),
    nameOf(person.name),
    publicKeyInfo(key.publicKey),
    context(0, sequence(oid(extensionRequest), setOf(wanted))),
  )
  return {
    request: {
      publicKey: publicKeyPrint(key.publicKey),
      address: person.address,
      request: pem('CERTIFICATE REQUEST', signed(content, key.privateKey)),
      createdAt: at,
    },
    privateKey: key.pem,
  }
}

/** What came back from an authority: certificates join the private key that waits for them. */
export async function joinRequestedKey(imported: ImportedKey, requests: KeyRequests): Promise<ImportedKey> {
  if (imported.privateKey !== undefined || imported.key.kind !== 'smime') return imported
  const privateKey = await requests.privateKeyOf(requestedBy(imported))
  if (privateKey === undefined) return imported
  return { key: { ...imported.key, hasPrivateKey: true }, privateKey }
}

/** Call it when what `joinRequestedKey` gave is stored: the private key has another place now. */
export async function settleRequest(imported: ImportedKey, requests: KeyRequests): Promise<void> {
  if (imported.key.kind === 'smime') await requests.remove(requestedBy(imported))
}

function requestedBy({ key }: ImportedKey): string {
  return publicKeyPrint(readCertificate(key.material).publicKey)
}
