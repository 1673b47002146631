import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { KeyTrust, StoredKey } from '../../storage/key-store.ts'
import { type Certificate, readCertificate } from '../x509/certificate.ts'
import type { PemBlock } from '../x509/pem.ts'
import { allows } from '../x509/usable-for.ts'
import { blocksOfKeyFile } from './blocks-of-key-file.ts'
import { importOpenPgpKeys, isOpenPgpFile } from './import-openpgp.ts'
import { KeyImportError, readable, wrongPassword } from './key-import-error.ts'
import { openssl } from './openssl.ts'

export interface ImportOptions {
  readonly password?: string
  /** As in StoredKey. */
  readonly source: string
  readonly trust: KeyTrust
  readonly at: Date
  /** All that is read serves this domain, by the word of whoever imports it; addresses are not asked for then. */
  readonly domain?: string
}

/** One key of somebody with an address, ready for `KeyStore.add`. */
export interface ImportedKey {
  readonly key: StoredKey
  /** PKCS#8 PEM, or armored OpenPGP; unencrypted. */
  readonly privateKey: string | undefined
}

/** An exported key with its chain is 5 KB, a directory of partners some 100 KB. */
const maxBytes = 1024 * 1024
/** Each may cost the openssl program its ten seconds. */
const maxKeys = 32

/**
 * Reads what people hand over: PEM, DER, PKCS#7 (p7b, p7c), PKCS#12 (p12, pfx; also the old kind with RC2 and 3DES), or
 * OpenPGP keys, armored or binary.
 * Gives the certificates with an address, each with its chain and, if it was there, its private key. Authorities come
 * in chains only. Fails with KeyImportError; a private key that fits none of the certificates fails too, because
 * whoever hands it over means it to be used.
 */
export async function importKeys(bytes: Uint8Array, options: ImportOptions): Promise<readonly ImportedKey[]> {
  if (bytes.length > maxBytes)
    throw new KeyImportError('too-large', 'The file is larger than 1 MiB: is it a key file?')
  if (isOpenPgpFile(bytes, Buffer.from(bytes).toString('latin1'))) return importOpenPgpKeys(bytes, options)
  const blocks = await blocksOfKeyFile(bytes, options.password)
  const certificates = new Map<string, Certificate>()
  const keys: KeyObject[] = []
  for (const block of blocks) {
    if (isCertificate(block)) {
      const certificate = readable(() => readCertificate(block.text.replaceAll(block.label, 'CERTIFICATE')))
      certificates.set(certificate.fingerprint, certificate)
    } else if (block.label.endsWith('PRIVATE KEY')) {
      if (keys.length === maxKeys)
        throw new KeyImportError(
          'too-large',
          `The file holds more than ${maxKeys} private keys: import them in parts`,
        )
      keys.push(await privateKeyOf(block, options.password))
    }
  }
  const all = [...certificates.values()]
  if (all.length === 0)
    throw new KeyImportError('no-certificate', 'No certificate in the file: export it with its certificate')
  for (const key of keys) {
    if (!all.some(({ x509 }) => x509.checkPrivateKey(key))) {
      throw new KeyImportError(
        'key-does-not-match',
        'The private key belongs to none of the certificates in the file: export key and certificate together',
      )
    }
  }
  // Authorities of a chain come along; a gateway signs its own certificate often enough.
  const isNamed = (certificate: Certificate) =>
    certificate.addresses.length > 0 || (options.domain !== undefined && allows(certificate, 'encrypt'))
  const imported = all
    .map((certificate) => ({ certificate, key: keys.find((key) => certificate.x509.checkPrivateKey(key)) }))
    .filter(({ certificate, key }) => key || (isNamed(certificate) && !issuesAnother(certificate, all)))
  if (imported.length === 0 || !imported.every(({ certificate }) => isNamed(certificate))) {
    throw new KeyImportError(
      'no-address',
      'The certificate names no e-mail address: ask for one made for e-mail (S/MIME), or name the domain whose gateway it is for',
    )
  }
  return imported.map(({ certificate, key }) => ({
    key: {
      kind: 'smime',
      fingerprint: certificate.fingerprint,
      addresses: certificate.addresses,
      domains: options.domain === undefined ? [] : [options.domain],
      material: certificate.pem,
      chain: chainOf(certificate, all),
      notBefore: certificate.notBefore,
      notAfter: certificate.notAfter,
      hasPrivateKey: key !== undefined,
      trust: options.trust,
      source: options.source,
      state: 'active',
      pinned: false,
      capabilities: [],
      addedAt: options.at,
    },
    privateKey: key?.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }))
}

function isCertificate({ label }: PemBlock): boolean {
  return label === 'CERTIFICATE' || label === 'X509 CERTIFICATE'
}

async function privateKeyOf(block: PemBlock, password: string | undefined): Promise<KeyObject> {
  const encrypted = block.label === 'ENCRYPTED PRIVATE KEY' || block.text.includes('Proc-Type: 4,ENCRYPTED')
  if (!encrypted) return readable(() => createPrivateKey(block.text))
  if (!password) {
    throw new KeyImportError(
      'password-needed',
      'The private key is protected by a password: give the one chosen at its export',
    )
  }
  // Not by node:crypto: the file says how many rounds its password takes, and they would stop all mail meanwhile.
  const { succeeded, output } = await openssl(
    ['pkey', '-passin', 'fd:3'],
    Buffer.from(block.text, 'latin1'),
    password,
  )
  if (!succeeded) throw wrongPassword()
  return readable(() => createPrivateKey(output))
}

function issuesAnother(certificate: Certificate, all: readonly Certificate[]): boolean {
  return (
    certificate.isAuthority &&
    all.some((other) => other !== certificate && other.x509.checkIssued(certificate.x509))
  )
}

/** The issuers found in the same file, nearest first, without the self-signed one at the top (nobody needs to be sent it). */
function chainOf(leaf: Certificate, all: readonly Certificate[]): readonly string[] {
  const chain: Certificate[] = []
  for (let lowest = leaf; ; ) {
    const issuer = all.find(
      (other) =>
        !other.selfIssued &&
        other.isAuthority &&
        !chain.includes(other) &&
        lowest.x509.checkIssued(other.x509),
    )
    if (!issuer || issuer === leaf) return chain.map(({ pem }) => pem)
    chain.push(issuer)
    lowest = issuer
  }
}
