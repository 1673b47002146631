import type { Certificate } from '../../keys/x509/certificate.ts'

export type ContentCipher = 'aes-256-cbc' | 'aes-256-gcm'
export type KeyTransport = 'rsa-pkcs1' | 'rsa-oaep'

/** A certificate to encrypt to, and how RSA carries the key; other kinds of keys have one way only. */
export interface EncryptionRecipient {
  readonly certificate: Certificate
  readonly keyTransport: KeyTransport
}

/** What a policy says about algorithms; `auto`: what the recipients announced. */
export interface AlgorithmPolicy {
  readonly cipher: 'auto' | 'cbc' | 'gcm'
  readonly keyTransport: 'auto' | 'pkcs1' | 'oaep'
}

export interface ChosenAlgorithms {
  readonly recipients: readonly EncryptionRecipient[]
  readonly content: ContentCipher
}

const aes256Gcm = '2.16.840.1.101.3.4.1.46'
const rsaesOaep = '1.2.840.113549.1.1.7'

/**
 * How to encrypt to some certificates. GCM binds all of them, so all must have announced it; OAEP is each one's own.
 * Without announcement AES-256-CBC and PKCS#1 v1.5: the only ones that every mail program in use reads, although
 * RFC 8551 2.7 prefers GCM.
 */
export function chooseAlgorithms(
  recipients: readonly { readonly certificate: Certificate; readonly capabilities: readonly string[] }[],
  { cipher, keyTransport }: AlgorithmPolicy,
): ChosenAlgorithms {
  const allReadGcm =
    recipients.length > 0 && recipients.every(({ capabilities }) => capabilities.includes(aes256Gcm))
  const wantsOaep = (capabilities: readonly string[]) =>
    keyTransport === 'oaep' || (keyTransport === 'auto' && capabilities.includes(rsaesOaep))
  return {
    recipients: recipients.map(({ certificate, capabilities }) => ({
      certificate,
      keyTransport: wantsOaep(capabilities) ? 'rsa-oaep' : 'rsa-pkcs1',
    })),
    content: cipher === 'gcm' || (cipher === 'auto' && allReadGcm) ? 'aes-256-gcm' : 'aes-256-cbc',
  }
}
