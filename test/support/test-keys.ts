import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Signer } from '../../src/keys/signer.ts'
import { type Certificate, readCertificate } from '../../src/keys/x509/certificate.ts'

/** A file of test/keys/smime; its README says what each one is. */
export function testKeyFile(name: string): string {
  return new URL(`../keys/smime/${name}`, import.meta.url).pathname
}

export function testCertificate(name: string): Certificate {
  return readCertificate(readFileSync(testKeyFile(`${name}.cert.pem`)))
}

/** Signs as `name`, sending the intermediate along. */
export function testSigner(name: string): Signer {
  return {
    certificate: testCertificate(name),
    chain: [testCertificate('intermediate-ca')],
    privateKey: createPrivateKey(readFileSync(testKeyFile(`${name}.key.pem`))),
  }
}
