import { readFile } from 'node:fs/promises'
import { type Certificate, readCertificate } from './certificate.ts'
import { pemBlocks } from './pem.ts'

/** Where Debian's package ca-certificates keeps the authorities that its administrator left switched on. */
const systemList = '/etc/ssl/certs/ca-certificates.crt'

/**
 * Reads the authorities that we trust from PEM files, each of one or many certificates. A file that cannot be read,
 * holds none, or holds what is no authority is an error with file and number: a gap here would show only as
 * recipients without usable keys. Of the list that `system` stands for, what is no authority or cannot be read is skipped:
 * nobody here chose it, and an update must not keep us from starting. Authorities out of their time are kept; no path goes
 * through them.
 */
export async function readTrustAnchors(
  places: readonly string[],
  system = systemList,
): Promise<readonly Certificate[]> {
  const anchors = new Map<string, Certificate>()
  for (const place of places) {
    const found = await (place === 'system' ? listedIn(system) : authoritiesIn(place))
    for (const anchor of found) anchors.set(anchor.fingerprint, anchor)
  }
  return [...anchors.values()]
}

async function authoritiesIn(file: string): Promise<readonly Certificate[]> {
  const all = pemBlocks(await readFile(file, 'latin1'))
  // A file may hold revocation lists alone: those are read by `listsInFiles`.
  if (!all.some(({ label }) => label === 'CERTIFICATE' || label === 'X509 CRL'))
    throw new Error(`${file}: no PEM certificate in it`)
  return all
    .filter(({ label }) => label === 'CERTIFICATE')
    .map((block, index) => {
      const place = `${file}: certificate ${index + 1}`
      let anchor: Certificate
      try {
        anchor = readCertificate(block.text)
      } catch (cause) {
        throw new Error(`${place} cannot be read`, { cause })
      }
      if (!anchor.isAuthority) throw new Error(`${place} is not the certificate of an authority`)
      return anchor
    })
}

async function listedIn(file: string): Promise<readonly Certificate[]> {
  const text = await readFile(file, 'latin1').catch((cause: unknown) => {
    throw new Error(
      `${file} cannot be read: install the package ca-certificates, or leave \`system\` out of trustAnchors`,
      { cause },
    )
  })
  return pemBlocks(text).flatMap((block) => {
    try {
      const anchor = readCertificate(block.text)
      return anchor.isAuthority ? [anchor] : []
    } catch {
      return []
    }
  })
}
