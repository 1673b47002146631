import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from './run-program.ts'

/** PEM files of a certificate and its unprotected private key. */
export interface KeyPair {
  readonly certificateFile: string
  readonly keyFile: string
  readonly certificate: string
  readonly key: string
}

const days = '30'
const rsaKey = ['-newkey', 'rsa:2048', '-nodes']
const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** A certification authority of the demonstration's own; `name` becomes common name and file name. */
export async function makeAuthority(folder: string, name: string): Promise<KeyPair> {
  const files = filesOf(folder, name)
  await mustRun([
    ...['openssl', 'req', '-x509', ...rsaKey, '-sha256', '-days', days],
    ...['-subj', `/O=Demonstration/CN=${name}`, '-keyout', files.keyFile, '-out', files.certificateFile],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  ])
  return read(files)
}

/** RFC 8551 and RFC 8550 4.4: a certificate for signing and decrypting the mail of one address. */
export function makeMailCertificate(authority: KeyPair, folder: string, address: string): Promise<KeyPair> {
  return makeCertificate(authority, folder, address, rsaKey, [
    'keyUsage=critical,digitalSignature,keyEncipherment',
    'extendedKeyUsage=emailProtection',
    `subjectAltName=email:${address}`,
  ])
}

/** A certificate for a mail host that offers STARTTLS under these names. */
export function makeHostCertificate(
  authority: KeyPair,
  folder: string,
  hostNames: readonly [string, ...string[]],
): Promise<KeyPair> {
  return makeCertificate(authority, folder, hostNames[0], ecKey, [
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=serverAuth',
    `subjectAltName=${hostNames.map((name) => `DNS:${name}`).join(',')}`,
  ])
}

async function makeCertificate(
  authority: KeyPair,
  folder: string,
  name: string,
  newKey: readonly string[],
  extensions: readonly string[],
): Promise<KeyPair> {
  const files = filesOf(folder, name)
  const request = await mustRun([
    ...[
      'openssl',
      'req',
      '-new',
      ...newKey,
      '-subj',
      `/O=Demonstration/CN=${name}`,
      '-keyout',
      files.keyFile,
    ],
  ])
  const extensionFile = join(folder, `${name}.extensions`)
  writeFileSync(extensionFile, `basicConstraints=critical,CA:FALSE\n${extensions.join('\n')}\n`)
  await mustRun(
    [
      ...['openssl', 'x509', '-req', '-sha256', '-days', days, '-extfile', extensionFile],
      ...['-CA', authority.certificateFile, '-CAkey', authority.keyFile, '-CAcreateserial'],
      ...['-out', files.certificateFile],
    ],
    request,
  )
  return read(files)
}

function filesOf(folder: string, name: string) {
  return { certificateFile: join(folder, `${name}.pem`), keyFile: join(folder, `${name}.key`) }
}

function read(files: { certificateFile: string; keyFile: string }): KeyPair {
  return {
    ...files,
    certificate: readFileSync(files.certificateFile, 'utf8'),
    key: readFileSync(files.keyFile, 'utf8'),
  }
}
