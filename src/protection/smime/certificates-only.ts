import type { Certificate } from '../../keys/x509/certificate.ts'
import { context, sequence, setOf, smallInteger } from '../../keys/x509/write-der.ts'
import { data, signedData } from './algorithms.ts'

/**
 * Certificates in a ContentInfo with SignedData that has neither content nor signer: the file `.p7c` that mail programs
 * import (RFC 8551 3.8, RFC 5652 5.1). Each certificate once.
 */
export function certificatesOnly(certificates: readonly Certificate[]): Buffer {
  const once = new Map(certificates.map(({ fingerprint, x509 }) => [fingerprint, x509.raw]))
  return sequence(
    signedData,
    context(
      0,
      sequence(
        smallInteger(1),
        setOf(),
        sequence(data),
        context(0, ...[...once.values()].toSorted(Buffer.compare)),
        setOf(),
      ),
    ),
  )
}
