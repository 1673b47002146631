import type { Certificate } from '../x509/certificate.ts'
import { childrenOf, type DerElement, oidOf, readDer } from '../x509/read-der.ts'
import { insideOf, readExtensions } from '../x509/read-extensions.ts'

/** Where the authority of a certificate answers for it; http only, in its order. */
export interface RevocationPlaces {
  readonly ocsp: readonly string[]
  readonly crls: readonly string[]
}

const authorityInfoAccess = '1.3.6.1.5.5.7.1.1'
const ocspMethod = '1.3.6.1.5.5.7.48.1'
const crlDistributionPoints = '2.5.29.31'
const uniformResourceIdentifier = 0x86
/** More of them are mirrors. */
const maxPlaces = 3

/** Reads cRLDistributionPoints and authorityInfoAccess (RFC 5280 4.2.1.13, 4.2.2.1). Throws MalformedDer. */
export function revocationPlaces(certificate: Certificate): RevocationPlaces {
  const [tbs] = childrenOf(readDer(certificate.x509.raw))
  const fields = tbs ? childrenOf(tbs) : []
  const extensions = readExtensions(insideOf(fields.find(({ tag }) => tag === 0xa3)))
  const access = extensions.get(authorityInfoAccess)?.value
  const points = extensions.get(crlDistributionPoints)?.value
  return {
    ocsp: access ? webAddresses(childrenOf(readDer(access)).flatMap(responderOf)) : [],
    crls: points ? webAddresses(childrenOf(readDer(points)).flatMap(namesOfPoint)) : [],
  }
}

function responderOf(description: DerElement): readonly DerElement[] {
  const [method, location] = childrenOf(description)
  return location && oidOf(method) === ocspMethod ? [location] : []
}

/** Points for some reasons only ([1]) and lists by another issuer ([2]) cannot settle anything here. */
function namesOfPoint(point: DerElement): readonly DerElement[] {
  const parts = childrenOf(point)
  const name = parts.find(({ tag }) => tag === 0xa0)
  return name && parts.length === 1 ? fullNames(name) : []
}

/** The GeneralNames of a DistributionPointName; none if it is relative to its issuer. */
export function fullNames(pointName: DerElement): readonly DerElement[] {
  return childrenOf(pointName)
    .filter(({ tag }) => tag === 0xa0)
    .flatMap(childrenOf)
}

/** The URIs among GeneralNames, as text. */
export function addressesIn(names: readonly DerElement[]): readonly string[] {
  return names
    .filter(({ tag }) => tag === uniformResourceIdentifier)
    .map(({ content }) => Buffer.from(content).toString('latin1'))
}

/** What is fetched there is signed. Over https its server's certificate would have to be judged in turn (RFC 5280 8). */
function webAddresses(names: readonly DerElement[]): readonly string[] {
  return addressesIn(names)
    .filter((address) => /^http:\/\//i.test(address))
    .slice(0, maxPlaces)
}
