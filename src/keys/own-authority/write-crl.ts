import type { KeyObject } from 'node:crypto'
import type { Certificate } from '../x509/certificate.ts'
import { context, der, sequence, smallInteger, time } from '../x509/write-der.ts'
import { authorityKeyIdentifier, extension, pem, signatureAlgorithm, signed } from './x509-parts.ts'

/** A partner who fetches it once a month is never left without. */
const daysToNext = 45

export interface RevokedCertificate {
  /** Serial number in hex. */
  readonly serial: string
  readonly revokedAt: Date
}

/** The revocation list of an authority at a time (RFC 5280 5.1), PEM. */
export function writeCrl(
  revoked: readonly RevokedCertificate[],
  authority: { readonly certificate: Certificate; readonly privateKey: KeyObject },
  at: Date,
): string {
  const { certificate, privateKey } = authority
  const next = new Date(at.getTime() + daysToNext * 86_400_000)
  const entries = revoked.map(({ serial, revokedAt }) =>
    sequence(der(0x02, Buffer.from(serial, 'hex')), time(revokedAt)),
  )
  const tbs = sequence(
    // Version 2.
    smallInteger(1),
    signatureAlgorithm,
    certificate.subject,
    time(at),
    time(next),
    // 5.1.2.6: absent when there are none.
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    context(
      0,
      sequence(authorityKeyIdentifier(certificate.publicKey), extension('2.5.29.20', crlNumber(at))),
    ),
  )
  return pem('X509 CRL', signed(tbs, privateKey))
}

/** 5.2.3: rises with every list. Seconds do so by themselves, on every node. */
function crlNumber(at: Date): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(Math.floor(at.getTime() / 1000)))
  let start = 0
  // DER: no leading zero but the one that keeps the number positive.
  while (start < 7 && bytes[start] === 0 && (bytes[start + 1] ?? 0) < 0x80) start++
  return der(0x02, bytes.subarray(start))
}
