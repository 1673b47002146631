import { afterAll, expect, test } from 'vitest'
import { revocationPlaces } from '../../../../src/keys/revocation/places.ts'
import { makeCertificate } from '../../../support/make-certificate.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())

let number = 0
const placesOf = (...extensions: readonly string[]) =>
  revocationPlaces(makeCertificate(folder.path, { name: `c${number++}`, extensions }).certificate)

test('a certificate names responders and lists; only those over http are asked, three of a kind at most', () => {
  expect(
    placesOf(
      'authorityInfoAccess=OCSP;URI:http://ocsp.test/,caIssuers;URI:http://ca.test/,OCSP;URI:https://s.test/',
      'crlDistributionPoints=URI:ldap://l.test/,URI:http://1.test/,URI:http://2.test/,URI:http://3.test/,URI:http://4.test/',
    ),
  ).toEqual({ ocsp: ['http://ocsp.test/'], crls: ['http://1.test/', 'http://2.test/', 'http://3.test/'] })
})

test('a certificate without such extensions names none', () => {
  expect(placesOf('basicConstraints=CA:FALSE')).toEqual({ ocsp: [], crls: [] })
})
