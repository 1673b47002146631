import type { ExpiringKey } from '../keys/expiring-keys.ts'
import type { Notice } from './send-notice.ts'

/** More would not be read; `status` has the number. */
const mostListed = 200

/** One mail to the postmaster about all keys whose end came a step nearer. `day` is YYYY-MM-DD, in the house one a day. */
export function expiryNotice(expiring: readonly ExpiringKey[], postmaster: string, day: string): Notice {
  const own = expiring.filter(({ key }) => key.hasPrivateKey)
  const others = expiring.filter(({ key }) => !key.hasPrivateKey)
  return {
    to: [postmaster],
    subject: `Schlüssel laufen ab / Keys expire: ${expiring.length}`,
    messageIdLocal: `postsiegel.keys-expire.${day}`,
    text: [
      'Die folgenden Zertifikate und Schlüssel laufen bald ab. Bitte besorgen Sie neue und importieren Sie sie',
      'mit „postsiegel key import DATEI“. Alte und neue dürfen sich zeitlich überschneiden.',
      '',
      'The following certificates and keys expire soon. Please obtain new ones and import them with',
      '"postsiegel key import FILE". Old and new ones may overlap.',
      ...section(
        own,
        'Unsere eigenen: danach wird nicht mehr mit ihnen signiert, und andere können nicht mehr an sie verschlüsseln.',
        'Our own: after that nothing is signed with them any more, and others cannot encrypt to them.',
      ),
      ...section(
        others,
        'Von Menschen, denen wir schreiben: danach wird nicht mehr damit verschlüsselt. Bitten Sie sie um neue.',
        'Of people we write to: after that nothing is encrypted with them any more. Please ask them for new ones.',
      ),
      '',
    ].join('\n'),
  }
}

function section(expiring: readonly ExpiringKey[], german: string, english: string): string[] {
  if (expiring.length === 0) return []
  const more = expiring.length - mostListed
  return [
    '',
    german,
    english,
    '',
    ...expiring.slice(0, mostListed).map(lineOf),
    ...(more > 0 ? [`  … und ${more} weitere / and ${more} more`] : []),
  ]
}

function lineOf({ key, endsAt, daysLeft }: ExpiringKey): string {
  const names = [...key.addresses, ...key.domains.map((domain) => `@${domain}`)].join(', ')
  const left = daysLeft === 1 ? '1 Tag / day' : `${daysLeft} Tage / days`
  const kind = key.kind === 'smime' ? 'S/MIME' : 'OpenPGP'
  return `  ${names}: ${kind}, ${left}, ${endsAt.toISOString().slice(0, 10)}, ${key.fingerprint.slice(0, 16)}`
}
