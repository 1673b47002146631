import type { OwnAuthorities } from '../../storage/own-authorities.ts'
import { type Certificate, readCertificate } from '../certificate.ts'
import { type Finding, unknownFinding } from '../revocation/revocation.ts'

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

/** Whether we revoked what we issued; undefined for what another authority issued. Nobody needs to be asked. */
export function revokedByUs(
  authorities: Pick<OwnAuthorities, 'findIssued' | 'list'>,
): (certificate: Certificate, issuer: Certificate) => Promise<Finding | undefined> {
  return async (certificate, issuer) => {
    const isOurs = (await authorities.list()).some(({ fingerprint }) => fingerprint === issuer.fingerprint)
    if (!isOurs) return undefined
    const issued = await authorities.findIssued(certificate.fingerprint)
    // Signed by our authority, but not here: by a copy of its key, or the database is an old one.
    if (issued?.authority !== issuer.fingerprint)
      return unknownFinding('our own authority has no record of it')
    return issued.revokedAt
      ? { kind: 'revoked', detail: `revoked here ${issued.revokedAt.toISOString()}` }
      : { kind: 'good', detail: 'issued here, not revoked' }
  }
}
