import type { OwnAuthorities } from '../../storage/own-authorities.ts'
import { type Finding, unknownFinding } from '../revocation/revocation.ts'
import { type Certificate, readCertificate } from '../x509/certificate.ts'

/**
 * Adds our own authorities to `anchors`, which everybody who judges certificates holds: the list only grows while we run,
 * and an authority made on another node counts here as soon as this is called again.
 */
export async function addOwnAnchors(anchors: Certificate[], authorities: OwnAuthorities): Promise<void> {
  for (const { fingerprint, certificate } of await authorities.list()) {
    if (!anchors.some((anchor) => anchor.fingerprint === fingerprint))
      anchors.push(readCertificate(certificate))
  }
}

/** As often as authorities of other nodes are looked for. */
const strangerMs = 60_000
const mostStrangers = 1000

/** Whether we revoked what we issued; undefined for what another authority issued. Nobody needs to be asked. */
export function revokedByUs(
  authorities: Pick<OwnAuthorities, 'findIssued' | 'list'>,
): (certificate: Certificate, issuer: Certificate) => Promise<Finding | undefined> {
  // Each mail asks for the authorities of partners. One that is made here has a fingerprint that nobody asked for before.
  const strangers = new Map<string, number>()
  const isStranger = async ({ fingerprint }: Certificate) => {
    const seenAt = strangers.get(fingerprint)
    if (seenAt !== undefined && performance.now() - seenAt < strangerMs) return true
    if ((await authorities.list()).some((own) => own.fingerprint === fingerprint)) return false
    if (strangers.size >= mostStrangers) strangers.clear()
    strangers.set(fingerprint, performance.now())
    return true
  }
  return async (certificate, issuer) => {
    if (await isStranger(issuer)) return undefined
    const issued = await authorities.findIssued(certificate.fingerprint)
    // Signed by our authority, but not here: by a copy of its key, or the database is an old one.
    if (issued?.authority !== issuer.fingerprint)
      return unknownFinding('our own authority has no record of it')
    return issued.revokedAt
      ? { kind: 'revoked', detail: `revoked here ${issued.revokedAt.toISOString()}` }
      : { kind: 'good', detail: 'issued here, not revoked' }
  }
}
