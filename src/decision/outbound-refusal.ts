import type { SmtpReply } from '../failure.ts'
import { toAscii } from './to-ascii.ts'

/** Why a message of ours comes back to its author. */
export type OutboundRefusalCase = 'plain' | 'pdf' | 'contradiction' | 'flag' | 'signer' | 'protection'

const cases: Readonly<
  Record<
    OutboundRefusalCase,
    readonly [status: SmtpReply['enhancedStatus'], german: readonly string[], english: readonly string[]]
  >
> = {
  plain: [
    '5.7.1',
    [
      'NICHT GESENDET: An diesen Empfaenger darf nichts ungeschuetzt gehen.',
      'Bitte ohne [plain] im Betreff erneut senden.',
    ],
    ['NOT SENT: mail to this recipient must be protected. Please send it again without [plain].'],
  ],
  pdf: [
    '5.7.1',
    [
      'NICHT GESENDET: An diesen Empfaenger wird nur mit seinem Zertifikat verschluesselt.',
      'Bitte ohne [pdf] im Betreff erneut senden.',
    ],
    ['NOT SENT: this recipient gets no PDF, only mail encrypted by certificate. Send again without [pdf].'],
  ],
  contradiction: [
    '5.7.1',
    ['NICHT GESENDET: [plain] und ein schuetzendes Kennwort im Betreff widersprechen sich.'],
    ['NOT SENT: the flag [plain] contradicts another flag of the subject.'],
  ],
  flag: [
    '5.6.0',
    ['NICHT GESENDET: unbekanntes Wort im Feld X-Postsiegel'],
    ['NOT SENT: unknown word in the field X-Postsiegel'],
  ],
  signer: [
    '5.7.5',
    ['NICHT GESENDET: Sie haben kein Zertifikat und keinen Schluessel zum Signieren.'],
    ['NOT SENT: No certificate of the author to sign with'],
  ],
  protection: [
    '5.7.5',
    ['NICHT GESENDET: Kein Weg, diese E-Mail zu schuetzen: kein gueltiges Zertifikat, kein Kennwort'],
    ['NOT SENT: No way to protect this mail: no valid certificate or key and no password is known'],
  ],
}

/** The words that Postfix puts into its bounce for one of us, in German and in English, printable ASCII. */
export function outboundRefusal(kind: OutboundRefusalCase, detail: string): SmtpReply {
  const [enhancedStatus, german, english] = cases[kind]
  const told = detail === '' ? '' : `: ${toAscii(detail, 80)}`
  const withDetail = (lines: readonly string[]) => [...lines.slice(0, -1), `${lines.at(-1)}${told}`]
  return { code: 550, enhancedStatus, lines: [...withDetail(german), ...withDetail(english)] }
}
