import { describe, expect, it } from 'vitest'
import { type AlgorithmPolicy, chooseAlgorithms } from '../../../../src/protection/smime/choose-algorithms.ts'
import { testCertificate } from '../../../support/test-keys.ts'

const gcm = '2.16.840.1.101.3.4.1.46'
const oaep = '1.2.840.113549.1.1.7'
const auto: AlgorithmPolicy = { cipher: 'auto', keyTransport: 'auto' }
const certificate = testCertificate('bob-rsa')

describe('mail to recipients', () => {
  for (const [who, announced, policy, cipher, transports] of [
    ['nobody knows anything about', [[]], auto, 'aes-256-cbc', ['rsa-pkcs1']],
    ['who announced GCM', [[gcm]], auto, 'aes-256-gcm', ['rsa-pkcs1']],
    ['who announced GCM and OAEP', [[gcm, oaep]], auto, 'aes-256-gcm', ['rsa-oaep']],
    ['of whom one announced GCM', [[gcm], []], auto, 'aes-256-cbc', ['rsa-pkcs1', 'rsa-pkcs1']],
    ['of whom one announced OAEP', [[oaep], []], auto, 'aes-256-cbc', ['rsa-oaep', 'rsa-pkcs1']],
    ['where the policy says GCM', [[]], { ...auto, cipher: 'gcm' }, 'aes-256-gcm', ['rsa-pkcs1']],
    ['where the policy says CBC', [[gcm]], { ...auto, cipher: 'cbc' }, 'aes-256-cbc', ['rsa-pkcs1']],
    ['where the policy says OAEP', [[]], { ...auto, keyTransport: 'oaep' }, 'aes-256-cbc', ['rsa-oaep']],
    [
      'where the policy says PKCS#1',
      [[oaep]],
      { ...auto, keyTransport: 'pkcs1' },
      'aes-256-cbc',
      ['rsa-pkcs1'],
    ],
  ] as const) {
    it(`${who} is encrypted with ${cipher} and ${transports.join(', ')}`, () => {
      const recipients = announced.map((capabilities) => ({ certificate, capabilities }))
      const chosen = chooseAlgorithms(recipients, policy)
      expect(chosen.content).toBe(cipher)
      expect(chosen.recipients.map(({ keyTransport }) => keyTransport)).toEqual(transports)
    })
  }
})
