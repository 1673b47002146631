import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { DecryptionKey } from '../../src/protection/smime/open-enveloped.ts'
import { testCertificate, testKeyFile } from './test-keys.ts'

/** Opens what was encrypted to `name` of test/keys. */
export function testDecryptionKey(name: string): DecryptionKey {
  return {
    certificate: testCertificate(name),
    privateKey: createPrivateKey(readFileSync(testKeyFile(`${name}.key.pem`))),
  }
}
