import type { SmtpReply } from '../failure.ts'

/** Why a message is not accepted, as far as the sender is told. */
export type RefusalCase = keyof typeof refusalCases

/** What is told of a case in one language; `{}` stands for the detail, in the reason only. */
interface Words {
  readonly reason: string
  readonly advice: readonly string[]
}

interface CaseOfRefusal {
  readonly code: number
  /** RFC 3463, 7372 (SPF, DKIM, reverse name). */
  readonly status: SmtpReply['enhancedStatus']
  /** Stable: people write it into tickets. It tells the sender's administrator where to look, and no rule of ours. */
  readonly number: number
  readonly de: Words
  readonly en: Words
}

const none: readonly string[] = []

/** Code, status, number and words of each case. No score and no rule: spammers read them, too. */
export const refusalCases = {
  malware: {
    code: 554,
    status: '5.7.1',
    number: 11,
    de: { reason: 'Schadsoftware gefunden: {}', advice: ['Bitte pruefen Sie Ihren Rechner.'] },
    en: { reason: 'malware found: {}', advice: ['Please check your computer.'] },
  },
  forbiddenFile: {
    code: 550,
    status: '5.7.1',
    number: 12,
    de: {
      reason: 'Dateien dieser Art nehmen wir nicht an: {}',
      advice: ['Bitte senden Sie ein PDF, oder fragen Sie uns nach einem anderen Weg.'],
    },
    en: {
      reason: 'files of this kind are not accepted: {}',
      advice: ['Please send a PDF, or ask us for another way.'],
    },
  },
  office: {
    code: 550,
    status: '5.7.1',
    number: 13,
    de: { reason: 'Solche Office-Dateien nehmen wir nicht an: {}', advice: ['Bitte senden Sie ein PDF.'] },
    en: { reason: 'Office files of this kind are not accepted: {}', advice: ['Please send a PDF.'] },
  },
  closed: {
    code: 550,
    status: '5.7.5',
    number: 14,
    de: {
      reason: 'Die Nachricht ist so verschluesselt, dass wir sie nicht lesen koennen.',
      advice: [
        'Bitte nur mit unserem aktuellen Zertifikat oder Schluessel verschluesseln: es haengt an',
        'unseren signierten E-Mails und steht auf unserem Portal.',
      ],
    },
    en: {
      reason: 'the message is encrypted in a way that we cannot read.',
      advice: ['Please encrypt the whole mail with our current certificate: see our signed mail or portal.'],
    },
  },
  tooMuch: {
    code: 550,
    status: '5.6.0',
    number: 15,
    de: {
      reason: 'Die E-Mail ist zu gross, oder ihr Aufbau ist zu verschachtelt.',
      advice: ['Bitte senden Sie sie in mehreren Teilen, oder fragen Sie uns nach einem anderen Weg.'],
    },
    en: {
      reason: 'the mail is too large, or has too many parts.',
      advice: ['Please send it in several mails, or ask us for another way.'],
    },
  },
  author: {
    code: 550,
    status: '5.6.0',
    number: 21,
    de: { reason: 'Im Feld From steht nicht genau ein Absender.', advice: none },
    en: { reason: 'the From field must name exactly one author.', advice: none },
  },
  ownDomain: {
    code: 550,
    status: '5.7.26',
    number: 22,
    de: { reason: 'Absender aus unserer eigenen Domain ohne Nachweis (SPF, DKIM).', advice: none },
    en: { reason: 'an author of our own domain without authentication (SPF, DKIM).', advice: none },
  },
  backscatter: {
    code: 550,
    status: '5.7.1',
    number: 23,
    de: { reason: 'Die E-Mail, auf die Sie antworten, kam nicht von uns.', advice: none },
    en: { reason: 'the mail that you report on was not sent by us.', advice: none },
  },
  dmarc: {
    code: 550,
    status: '5.7.26',
    number: 24,
    de: {
      reason: 'Die Absenderdomain {} ist nicht bestaetigt (DMARC).',
      advice: ['Bitte informieren Sie den Betreiber Ihres Mailservers.'],
    },
    en: {
      reason: 'not authenticated as the DMARC policy of {} asks.',
      advice: ['Please tell the administrator of your mail server.'],
    },
  },
  spf: {
    code: 550,
    status: '5.7.23',
    number: 25,
    de: {
      reason: 'Laut SPF nicht erlaubt: {}',
      advice: ['Bitte informieren Sie den Betreiber Ihres Mailservers.'],
    },
    en: {
      reason: 'not permitted by SPF: {}',
      advice: ['Please tell the administrator of your mail server.'],
    },
  },
  downgrade: {
    code: 550,
    status: '5.7.26',
    number: 26,
    de: {
      reason: 'Mails von {} kamen bisher nachweislich von dort, diese nicht.',
      advice: ['Bitte informieren Sie den Betreiber Ihres Mailservers.'],
    },
    en: {
      reason: 'mail of {} has been authenticated so far, this one is not.',
      advice: ['Please tell the administrator of your mail server.'],
    },
  },
  blocked: {
    code: 550,
    status: '5.7.1',
    number: 31,
    de: { reason: 'Von diesem Absender nehmen wir keine E-Mail an.', advice: none },
    en: { reason: 'we accept no mail from this sender.', advice: none },
  },
  listed: {
    code: 550,
    status: '5.7.1',
    number: 32,
    de: {
      reason: 'Auf Sperrliste: {}',
      advice: ['Bitte informieren Sie den Betreiber Ihres Mailservers.'],
    },
    en: { reason: 'on a block list: {}', advice: ['Please tell the administrator of your mail server.'] },
  },
  server: {
    code: 550,
    status: '5.7.25',
    number: 33,
    de: {
      reason: 'Ihr Mailserver {} hat keinen gueltigen Namen (Reverse-DNS).',
      advice: ['Bitte informieren Sie den Betreiber Ihres Mailservers.'],
    },
    en: {
      reason: 'your mail server {} has no valid name (reverse DNS).',
      advice: ['Please tell the administrator of your mail server.'],
    },
  },
  trust: {
    code: 550,
    status: '5.7.1',
    number: 35,
    de: { reason: 'Absender hier noch nicht bekannt und Nachricht auffaellig.', advice: none },
    en: { reason: 'sender not yet known here, and the message looks suspicious.', advice: none },
  },
  comeAgain: {
    code: 451,
    status: '4.7.1',
    number: 41,
    de: { reason: 'Bitte in {} Minuten erneut senden (automatisch).', advice: none },
    en: { reason: 'please retry in {} minutes (automatic).', advice: none },
  },
  dnsUnknown: {
    code: 451,
    status: '4.4.3',
    number: 42,
    de: { reason: 'Absender voruebergehend nicht pruefbar (DNS).', advice: none },
    en: { reason: 'sender temporarily not verifiable (DNS).', advice: none },
  },
  spfUnknown: {
    code: 451,
    status: '4.7.24',
    number: 43,
    de: { reason: 'SPF voruebergehend nicht pruefbar.', advice: none },
    en: { reason: 'SPF temporarily not verifiable.', advice: none },
  },
  scanner: {
    code: 451,
    status: '4.3.0',
    number: 44,
    de: { reason: 'Virenpruefung voruebergehend nicht moeglich.', advice: none },
    en: { reason: 'virus scan temporarily not possible.', advice: none },
  },
  scorer: {
    code: 451,
    status: '4.3.0',
    number: 45,
    de: { reason: 'Pruefung voruebergehend nicht moeglich.', advice: none },
    en: { reason: 'check temporarily not possible.', advice: none },
  },
} as const satisfies Record<string, CaseOfRefusal>
