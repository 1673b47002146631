import { readCertificate } from '../x509/certificate.ts'
import { type PemBlock, pemBlocks, pemContent } from '../x509/pem.ts'
import { oidOf, readElement } from '../x509/read-der.ts'
import { KeyImportError, readable, unreadable, wrongPassword } from './key-import-error.ts'
import { openssl } from './openssl.ts'

const signedData = '1.2.840.113549.1.7.2'

/** The certificates and keys of a file, whatever its container, as PEM blocks. PKCS#12 needs its password. */
export async function blocksOfKeyFile(
  bytes: Uint8Array,
  password: string | undefined,
): Promise<readonly PemBlock[]> {
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
  let result = await openssl(args, bytes, password)
  // Old exports (RC2-40, 3DES, as Windows made them for decades) need algorithms that OpenSSL 3 keeps apart.
  if (!result.succeeded && !isPasswordComplaint(result.complaint))
    result = await openssl([...args, '-legacy'], bytes, password)
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
