import type { SmtpReply } from '../failure.ts'
import { toAscii } from './to-ascii.ts'

/** Whose mail server speaks, and whom a refused sender should call. */
export interface Organization {
  readonly name: string
  readonly telephone: string
}

/** Why a message is not accepted, as far as the sender is told. */
export type RefusalCase =
  | 'trust'
  | 'authentication'
  | 'blocked'
  | 'malware'
  | 'author'
  | 'office'
  | 'closed'
  | 'ownDomain'
  | 'comeAgain'
  | 'scanner'
  | 'spfUnknown'
  | 'dnsUnknown'

/** Code, status, and the reason in German and in English. No score and no rule: spammers read them, too. */
const cases: Readonly<
  Record<
    RefusalCase,
    readonly [code: number, status: SmtpReply['enhancedStatus'], german: string, english: string]
  >
> = {
  trust: [
    550,
    '5.7.1',
    'Absender hier noch nicht bekannt und Nachricht auffaellig.',
    'sender not yet known here.',
  ],
  authentication: [
    550,
    '5.7.26',
    'Die Absenderadresse ist nicht bestaetigt (SPF, DKIM, DMARC).',
    'the sender address is not authenticated (SPF, DKIM, DMARC).',
  ],
  blocked: [
    550,
    '5.7.1',
    'Von diesem Absender nehmen wir keine E-Mail an.',
    'we accept no mail from this sender.',
  ],
  malware: [554, '5.7.1', 'Schadsoftware gefunden', 'malware found'],
  office: [
    550,
    '5.7.1',
    'Solche Office-Dateien nehmen wir nicht an. Bitte als PDF senden',
    'Office files of this kind are not accepted. Please send a PDF',
  ],
  closed: [
    550,
    '5.7.5',
    'Die Nachricht ist so verschluesselt, dass wir sie nicht lesen koennen.',
    'the message is encrypted in a way that we cannot read.',
  ],
  author: [
    550,
    '5.6.0',
    'Im Feld From steht nicht genau ein Absender.',
    'the From field must name exactly one author.',
  ],
  ownDomain: [
    550,
    '5.7.26',
    'Absender aus unserer Domain ohne Nachweis (SPF, DKIM).',
    'an author of our own domain without authentication.',
  ],
  comeAgain: [
    451,
    '4.7.1',
    'Bitte in 5 Minuten erneut senden (automatisch).',
    'please retry in 5 minutes (automatic).',
  ],
  scanner: [
    451,
    '4.3.0',
    'Virenpruefung voruebergehend nicht moeglich.',
    'virus scan temporarily not possible.',
  ],
  spfUnknown: [451, '4.7.24', 'SPF voruebergehend nicht pruefbar.', 'SPF temporarily not verifiable.'],
  dnsUnknown: [
    451,
    '4.4.3',
    'Absender voruebergehend nicht pruefbar (DNS).',
    'sender temporarily not verifiable (DNS).',
  ],
}

/** "550-5.7.1 " in front of each line; the whole at most 110, of 512 allowed (RFC 5321 4.5.3.1.5): readable in one row. */
const lineLength = 110 - '550-5.7.26 '.length

/**
 * The words for a sender whose message is not accepted. The first and the last line carry the essence, because some
 * servers show only one; the reference number stands in both. `detail` is the name of the malware, or the type of the file.
 */
export function refusal(
  kind: RefusalCase,
  {
    organization,
    reference,
    detail = '',
  }: { organization: Organization; reference: string; detail?: string },
): SmtpReply {
  const [code, enhancedStatus, german, english] = cases[kind]
  const name = toAscii(organization.name, 40)
  const telephone = toAscii(organization.telephone, 40)
  const found = detail && `: ${toAscii(detail, 60)}`
  const lines =
    code === 451
      ? [
          `NOCH NICHT ANGENOMMEN: ${german} Ref. ${reference}`,
          `Ihre E-Mail an ${name} bleibt bei Ihrem Server, der es erneut versucht.`,
          `Fragen: ${telephone}. Questions: please call ${telephone}.`,
          `NOT YET ACCEPTED: ${english} Ref. ${reference}`,
        ]
      : [
          `NICHT ANGENOMMEN: Ihre E-Mail an ${name} wurde abgelehnt. Ref. ${reference}`,
          `Grund: ${german}${found}`,
          ...advice(kind, telephone),
          `Reason: ${english}${found}`,
          `REJECTED, not delivered. Questions: please call ${telephone}. Ref. ${reference}`,
        ]
  return { code, enhancedStatus, lines: lines.map((line) => line.slice(0, lineLength)) }
}

/** What helps. Where our own mail to the sender would heal the refusal, it says so. */
function advice(kind: RefusalCase, telephone: string): string[] {
  if (kind === 'closed') {
    return [
      'Bitte nur mit unserem aktuellen Zertifikat oder Schluessel verschluesseln: es haengt an',
      'unseren signierten E-Mails und steht auf unserem Portal.',
      'Please encrypt the whole mail, with our current certificate: see our signed mail or our portal.',
    ]
  }
  if (kind !== 'trust') return [`Bitte rufen Sie uns an: ${telephone}.`]
  return [
    `Bitte rufen Sie uns an: ${telephone}. Sobald wir Ihnen geschrieben haben,`,
    'senden Sie Ihre E-Mail einfach erneut - sie kommt dann an.',
    `Please call ${telephone}; after we have written to you, send your mail again.`,
  ]
}
