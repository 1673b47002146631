import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readTrustAnchors } from '../../../../src/keys/x509/trust-anchors.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { testCertificate, testKeyFile } from '../../../support/test-keys.ts'

test('trust anchors come from all files, each once', async () => {
  const anchors = await readTrustAnchors([testKeyFile('root-ca.cert.pem'), testKeyFile('chain.pem')])
  expect(anchors.map(({ fingerprint }) => fingerprint)).toEqual(
    ['root-ca', 'intermediate-ca'].map((name) => testCertificate(name).fingerprint),
  )
})

test('a trust anchor that is nobody’s authority is refused by file and number', async () => {
  await expect(readTrustAnchors([testKeyFile('alice-rsa.cert.pem')])).rejects.toThrow(
    /alice-rsa\.cert\.pem: certificate 1 is not the certificate of an authority/,
  )
})

test('a file of trust anchors without any is refused by name', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'anchors.pem')
  writeFileSync(file, 'to be done\n')
  await expect(readTrustAnchors([file])).rejects.toThrow(/anchors\.pem: no PEM certificate/)
  await expect(readTrustAnchors([join(folder.path, 'absent.pem')])).rejects.toThrow(/absent\.pem/)
  writeFileSync(file, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
  await expect(readTrustAnchors([file])).rejects.toThrow(/anchors\.pem: certificate 1 cannot be read/)
})

test('a file of trust anchors may hold revocation lists alone', async () => {
  const files = [testKeyFile('root-ca.cert.pem'), testKeyFile('intermediate-ca.crl.pem')]
  expect(await readTrustAnchors(files)).toHaveLength(1)
})

test('of the system’s list what is no authority or cannot be read is skipped; a list that is not there is named', async () => {
  using folder = temporaryFolder()
  const list = join(folder.path, 'ca-certificates.crt')
  const [root, alice] = ['root-ca', 'alice-rsa'].map((name) => testCertificate(name))
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  writeFileSync(list, `${broken}${alice?.pem}${root?.pem}`)
  const anchors = await readTrustAnchors(['system', testKeyFile('intermediate-ca.cert.pem')], list)
  expect(anchors.map(({ fingerprint }) => fingerprint)).toEqual(
    ['root-ca', 'intermediate-ca'].map((name) => testCertificate(name).fingerprint),
  )
  await expect(readTrustAnchors(['system'], join(folder.path, 'absent'))).rejects.toThrow(
    /install the package ca-certificates/,
  )
})
