import { toAscii } from '../../decision/to-ascii.ts'
import type { SmtpReply } from '../../failure.ts'

/**
 * The answer to a mail that brings a private key to the intake address: refused before anything of it is stored. The first and the last line
 * carry the essence, because some servers show only one. Lines of at most 99 characters: readable in one row with the code in front.
 */
export function privateKeyReply(
  organization: { readonly name: string; readonly telephone: string },
  reference: string,
): SmtpReply {
  const telephone = toAscii(organization.telephone, 40)
  return {
    code: 550,
    enhancedStatus: '5.7.1',
    lines: [
      `NICHT ANGENOMMEN: Die E-Mail enthaelt einen privaten (geheimen) Schluessel. Ref. ${reference}`,
      'Wir haben ihn nicht gespeichert. Bitte entfernen Sie ihn, und senden Sie nur das Zertifikat oder',
      'den oeffentlichen Schluessel. Lassen Sie das Zertifikat ersetzen: Der geheime Schluessel war per',
      `E-Mail unterwegs und ist nicht mehr sicher. Fragen: ${telephone}.`,
      'The mail holds a private (secret) key, which we have not stored. Please remove it and send only',
      'the certificate or public key. Have the certificate replaced: its key has travelled by mail.',
      `REJECTED, not delivered. Questions: please call ${telephone}. Ref. ${reference}`,
    ],
  }
}
