import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Certificate, readCertificate } from '../../src/keys/x509/certificate.ts'

export interface MadeCertificate {
  readonly certificate: Certificate
  /** PEM files. */
  readonly certificateFile: string
  readonly keyFile: string
}

export interface CertificateWish {
  readonly name: string
  /** Self-signed without one. */
  readonly issuer?: MadeCertificate
  /** Lines of OpenSSL's x509v3_config. */
  readonly extensions: readonly string[]
  readonly subject?: string
  readonly days?: number
  readonly digest?: string
  /** An elliptic curve by OpenSSL's name, or bits of RSA. P-256 without. */
  readonly key?: string | number
}

export const authority = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign']
/** Extensions of a certificate for signing and encrypting mail to an address. */
export const mailUser = (address: string, encipher = 'keyAgreement') => [
  'basicConstraints=critical,CA:FALSE',
  `keyUsage=critical,digitalSignature,${encipher}`,
  'extendedKeyUsage=emailProtection',
  `subjectAltName=email:${address}`,
]

/** Lets the openssl program make a key and a certificate in `folder`, valid from now. */
export function makeCertificate(folder: string, wish: CertificateWish): MadeCertificate {
  const { name, issuer, key = 'prime256v1' } = wish
  const file = (kind: string) => join(folder, `${name}.${kind}.pem`)
  const { privateKey } =
    typeof key === 'number'
      ? generateKeyPairSync('rsa', { modulusLength: key })
      : generateKeyPairSync('ec', { namedCurve: key })
  writeFileSync(file('key'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
  writeFileSync(
    file('config'),
    `[req]\ndistinguished_name=dn\n[dn]\n[extensions]\n${wish.extensions.join('\n')}\n`,
  )
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-new', '-config', file('config'), '-extensions', 'extensions'],
      ...['-key', file('key'), '-subj', wish.subject ?? `/O=Test/CN=${name}`, '-days', `${wish.days ?? 400}`],
      ...['-out', file('cert'), `-${wish.digest ?? 'sha256'}`],
      ...(issuer ? ['-CA', issuer.certificateFile, '-CAkey', issuer.keyFile] : []),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const certificate = readCertificate(execFileSync('openssl', ['x509', '-in', file('cert')]))
  return { certificate, certificateFile: file('cert'), keyFile: file('key') }
}
