import { readFile } from 'node:fs/promises'
import { type Certificate, readCertificate } from './certificate.ts'
import { pemBlocks } from './pem.ts'

/**
 * Reads the authorities that we trust from PEM files, each of one or many certificates. A file that cannot be read,
 * holds none, or holds what is no authority is an error with file and number: a gap here would show only as
 * recipients without usable keys. Authorities out of their time are kept; no path goes through them.
 */
export async function readTrustAnchors(files: readonly string[]): Promise<readonly Certificate[]> {
  const anchors = new Map<string, Certificate>()
  for (const file of files) {
    const all = pemBlocks(await readFile(file, 'latin1'))
    const blocks = all.filter(({ label }) => label === 'CERTIFICATE')
    // A file may hold revocation lists alone: those are read by `listsInFiles`.
    if (!all.some(({ label }) => label === 'CERTIFICATE' || label === 'X509 CRL'))
      throw new Error(`${file}: no PEM certificate in it`)
    blocks.forEach((block, index) => {
      const place = `${file}: certificate ${index + 1}`
      let anchor: Certificate
      try {
        anchor = readCertificate(block.text)
      } catch (cause) {
        throw new Error(`${place} cannot be read`, { cause })
      }
      if (!anchor.isAuthority) throw new Error(`${place} is not the certificate of an authority`)
      anchors.set(anchor.fingerprint, anchor)
    })
  }
  return [...anchors.values()]
}
