import { expect, test } from 'vitest'
import { storedCertificate } from '../../../src/keys/stored-certificate.ts'
import { testCertificate } from '../../support/test-keys.ts'

test('a certificate of the store is read once, and never taken for another', () => {
  const [bob, alice] = [testCertificate('bob-rsa'), testCertificate('alice-rsa')]
  expect(storedCertificate(bob.pem).fingerprint).toBe(bob.fingerprint)
  expect(storedCertificate(alice.pem).fingerprint).toBe(alice.fingerprint)
  expect(storedCertificate(bob.pem)).toBe(storedCertificate(bob.pem))
  expect(() => storedCertificate('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')).toThrow()
})
