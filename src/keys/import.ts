import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { StoredCertificate } from '../storage/key-store.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { KeyImportError } from './key-import-error.ts'
import { openssl } from './openssl.ts'
import { type PemBlock, pemBlocks, pemContent } from './pem.ts'
import { oidOf, readElement } from './read-der.ts'

export interface ImportOptions {
  readonly password?: string
  /** As in StoredCertificate; `byAdministrator` makes a certificate count without a chain. */
  readonly provenance: string
  readonly at: Date
}

/** One certificate of somebody with an address, ready for `KeyStore.add`. */
export interface ImportedKey {
  readonly certificate: StoredCertificate
  /** PKCS#8 PEM, unencrypted. */
  readonly privateKey: string | undefined
}

/** An exported key with its chain is 5 KB, a directory of partners some 100 KB. */
const maxBytes = 1024 * 1024

const signedData = '1.2.840.113549.1.7.2'

/**
 * Reads what people hand over: PEM, DER, PKCS#7 (p7b, p7c) or PKCS#12 (p12, pfx; also the old kind with RC2 and 3DES).
 * Gives the certificates with an address, each with its chain and, if it was there, its private key. Authorities come
 * in chains only. Fails with KeyImportError; a private key that fits none of the certificates fails too, because
 * whoever hands it over means it to be used.
 */
export async function importKeys(bytes: Uint8Array, options: ImportOptions): Promise<readonly ImportedKey[]> {
  if (bytes.length > maxBytes)
    throw new KeyImportError('too-large', 'The file is larger than 1 MiB: is it a key file?')
  const blocks = await blocksOf(bytes, options.password)
  const certificates = new Map<string, Certificate>()
  const keys: KeyObject[] = []
  for (const block of blocks) {
    if (isCertificate(block)) {
      const certificate = readable(() => readCertificate(block.text.replaceAll(block.label, 'CERTIFICATE')))
      certificates.set(certificate.fingerprint, certificate)
    } else if (block.label.endsWith('PRIVATE KEY')) keys.push(await privateKeyOf(block, options.password))
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
  const imported = all
    .map((certificate) => ({ certificate, key: keys.find((key) => certificate.x509.checkPrivateKey(key)) }))
    .filter(
      ({ certificate, key }) => key || (certificate.addresses.length > 0 && !issuesAnother(certificate, all)),
    )
  if (imported.length === 0 || imported.some(({ certificate }) => certificate.addresses.length === 0)) {
    throw new KeyImportError(
      'no-address',
      'The certificate names no e-mail address: ask for one made for e-mail (S/MIME)',
    )
  }
  return imported.map(({ certificate, key }) => ({
    certificate: {
      fingerprint: certificate.fingerprint,
      addresses: certificate.addresses,
      pem: certificate.pem,
      chain: chainOf(certificate, all),
      notBefore: certificate.notBefore,
      notAfter: certificate.notAfter,
      hasPrivateKey: key !== undefined,
      provenance: options.provenance,
      addedAt: options.at,
    },
    privateKey: key?.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }))
}

/** Whatever the container, as PEM blocks. */
async function blocksOf(bytes: Uint8Array, password: string | undefined): Promise<readonly PemBlock[]> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  if (!text.includes('-----BEGIN ')) return blocksOfBinary(bytes, password)
  const blocks: PemBlock[] = []
  for (const block of pemBlocks(text)) {
    if (block.label === 'PKCS7' || block.label === 'CMS')
      blocks.push(...(await blocksOfPkcs7(pemContent(block))))
    else blocks.push(block)
  }
  return blocks
}

async function blocksOfBinary(bytes: Uint8Array, password: string | undefined): Promise<readonly PemBlock[]> {
  switch (containerOf(bytes)) {
    case 'certificate':
      return [{ label: 'CERTIFICATE', text: readable(() => readCertificate(bytes)).pem }]
    case 'pkcs7':
      return blocksOfPkcs7(bytes)
    case 'pkcs12':
      return blocksOfPkcs12(bytes, password)
  }
}

/** What a binary file is, by the first element inside: serial numbers and identifiers of content stand there. */
function containerOf(bytes: Uint8Array): 'certificate' | 'pkcs7' | 'pkcs12' {
  // Only the first bytes: PKCS#7 and PKCS#12 may be BER of indefinite length, which is left to the openssl program.
  const start = bytes[1] !== undefined && bytes[1] > 0x80 ? 2 + (bytes[1] & 0x7f) : 2
  return readable(() => {
    if (bytes[0] !== 0x30) throw new Error('no SEQUENCE')
    switch (bytes[start]) {
      case 0x02:
        // PFX begins with version 3 (RFC 7292 4); a bare private key with 0 or 1.
        if (bytes[start + 2] === 3) return 'pkcs12'
        throw new KeyImportError(
          'no-certificate',
          'The file is a private key alone: export it with its certificate',
        )
      case 0x06:
        if (oidOf(readElement(bytes, start)) === signedData) return 'pkcs7'
        throw new Error('no SignedData')
      default:
        return 'certificate'
    }
  })
}

async function blocksOfPkcs7(bytes: Uint8Array): Promise<readonly PemBlock[]> {
  const { succeeded, output } = await openssl(['pkcs7', '-inform', 'DER', '-print_certs'], bytes)
  if (!succeeded) throw unreadable()
  return pemBlocks(output)
}

async function blocksOfPkcs12(bytes: Uint8Array, password: string | undefined): Promise<readonly PemBlock[]> {
  const args = ['pkcs12', '-nodes', '-passin', 'fd:3']
  const line = password === undefined ? undefined : oneLine(password)
  let result = await openssl(args, bytes, line)
  // Old exports (RC2-40, 3DES, as Windows made them for decades) need algorithms that OpenSSL 3 keeps apart.
  if (!result.succeeded && !isPasswordComplaint(result.complaint))
    result = await openssl([...args, '-legacy'], bytes, line)
  if (result.succeeded) return pemBlocks(result.output)
  if (!isPasswordComplaint(result.complaint)) throw unreadable()
  if (password === undefined || password === '') {
    throw new KeyImportError(
      'password-needed',
      'The file is protected by a password: give the one chosen at its export',
    )
  }
  throw wrongPassword()
}

function isPasswordComplaint(complaint: string): boolean {
  return /mac verify (error|failure)|invalid password|bad decrypt/i.test(complaint)
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
    oneLine(password),
  )
  if (!succeeded) throw wrongPassword()
  return readable(() => createPrivateKey(output))
}

/** The openssl program reads the first line as the password; another one would be silently cut off. */
function oneLine(password: string): string {
  if (/[\r\n\0]/.test(password)) throw wrongPassword()
  return password
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

function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof KeyImportError ? error : unreadable(error)
  }
}

function unreadable(cause?: unknown): KeyImportError {
  return new KeyImportError(
    'unreadable',
    'The file cannot be read as PEM, DER, PKCS#7 or PKCS#12: export the certificate again in one of these formats',
    { cause },
  )
}

function wrongPassword(): KeyImportError {
  return new KeyImportError(
    'wrong-password',
    'The password does not open the file: give the one chosen at its export',
  )
}
