import type { Intake } from '../../storage/intakes.ts'
import type { KeyImportProblem } from '../import/key-import-error.ts'
import type { SubmissionProblem } from './judge-submitted-key.ts'

/** What is said to somebody who sent a certificate or key: German, and English below it. */
export interface IntakeText {
  readonly subject: string
  readonly text: string
}

/** Who writes. `days`: within how many days a person of the house has looked. */
export interface IntakeHouse {
  readonly name: string
  readonly telephone: string
  readonly days: number
}

type Named = Pick<Intake, 'kind' | 'fingerprint' | 'addresses' | 'id'>

/** The key is sound, and the encrypted mail follows. */
export function receivedText(intake: Named, house: IntakeHouse): IntakeText {
  const [german, english] = nounsOf(intake)
  return letter(house, intake, {
    subject: [`${german.name} erhalten`, `${english.name} received`],
    german: [
      `wir haben ${german.your} erhalten. Vielen Dank!`,
      '',
      'Was Sie jetzt tun müssen:',
      '1. Sie bekommen gleich eine zweite E-Mail von uns. Sie ist verschlüsselt.',
      '2. Öffnen Sie diese E-Mail und antworten Sie darauf. Lassen Sie unseren Text in der Antwort stehen.',
      '',
      'So sehen wir, dass Sie verschlüsselte E-Mails von uns lesen können.',
      'Lässt sich die zweite E-Mail nicht öffnen, rufen Sie uns bitte an.',
    ],
    english: [
      `we have received ${english.your}. Thank you!`,
      '',
      'What you need to do now:',
      '1. You will get a second mail from us in a moment. It is encrypted.',
      '2. Open that mail and reply to it. Leave our text in your reply.',
      '',
      'This shows us that you can read encrypted mail from us.',
      'If you cannot open the second mail, please call us.',
    ],
  })
}

/** The encrypted mail itself. */
export function proofText(intake: Named, code: string, house: IntakeHouse): IntakeText {
  const [german, english] = nounsOf(intake)
  return letter(house, intake, {
    subject: ['Bitte antworten Sie auf diese E-Mail', 'Please reply to this mail'],
    german: [
      'Sie konnten diese verschlüsselte E-Mail öffnen. Sehr gut!',
      '',
      'Bitte antworten Sie jetzt auf diese E-Mail und lassen Sie diesen Code in der Antwort stehen:',
      '',
      `    ${code}`,
      '',
      'Mehr brauchen Sie nicht zu schreiben. Der Code gilt 14 Tage.',
      '',
      `Haben Sie uns ${german.none} geschickt? Dann antworten Sie bitte nicht, sondern rufen Sie uns an.`,
    ],
    english: [
      'You were able to open this encrypted mail. Very good!',
      '',
      'Please reply to this mail now and leave the code above in your reply.',
      'You need not write anything else. The code is valid for 14 days.',
      '',
      `You have not sent us a ${english.name.toLowerCase()}? Then please do not reply, but call us.`,
    ],
  })
}

/** A person has to look. `why` is said where the sender can know or do something about it. */
export function reviewText(
  intake: Named,
  why: 'other-address' | 'in-use' | 'review',
  house: IntakeHouse,
): IntakeText {
  const [german, english] = nounsOf(intake)
  const within = [
    why === 'review'
      ? `Wir prüfen ${german.it} und richten ${german.it} innerhalb von ${house.days} Tagen ein.`
      : `Sie hören innerhalb von ${house.days} Tagen von uns.`,
    'Bis dahin müssen Sie nichts tun.',
  ]
  const withinEnglish = [
    why === 'review'
      ? `We will check it and set it up within ${house.days} days.`
      : `You will hear from us within ${house.days} days.`,
    'You need not do anything until then.',
  ]
  const reasons = {
    'other-address': [
      [
        `${german.whose} gilt für ${intake.addresses.join(', ') || 'keine E-Mail-Adresse'}. Das ist nicht die Adresse,`,
        'von der Sie uns geschrieben haben. Deshalb sieht sich das jemand von uns an.',
        'Schneller geht es, wenn Sie von der Adresse aus senden, die im Zertifikat oder Schlüssel steht.',
      ],
      [
        `It is for ${intake.addresses.join(', ') || 'no mail address'}. That is not the address from which you wrote to us,`,
        'so somebody here will look at it. It is faster to send it from the address that it names.',
      ],
    ],
    'in-use': [
      [
        'Für Ihre Adresse haben wir schon ein anderes Zertifikat oder einen anderen Schlüssel.',
        `Deshalb sieht sich jemand von uns ${german.fresh} an.`,
      ],
      [
        'We already have another certificate or key for your address,',
        'so somebody here will look at the new one.',
      ],
    ],
    review: [[], []],
  } as const
  const [because, becauseEnglish] = reasons[why]
  return letter(house, intake, {
    subject: [`${german.name} erhalten`, `${english.name} received`],
    german: [`wir haben ${german.your} erhalten. Vielen Dank!`, '', ...because, ...within],
    english: [`we have received ${english.your}. Thank you!`, '', ...becauseEnglish, ...withinEnglish],
  })
}

export function activeText(intake: Named, house: IntakeHouse): IntakeText {
  const [german, english] = nounsOf(intake)
  return letter(house, intake, {
    subject: [`${german.name} eingerichtet`, `${english.name} set up`],
    german: [
      `${german.whose} ist jetzt eingerichtet.`,
      'Ab sofort können wir Ihnen verschlüsselte E-Mails schreiben. Sie lesen sie wie gewohnt in Ihrem E-Mail-Programm.',
      '',
      `Bevor ${german.whose} abläuft, senden Sie uns bitte ${german.fresh}.`,
    ],
    english: [
      `${english.your} is set up now.`,
      'From now on we can write encrypted mail to you. You read it in your mail program as always.',
      '',
      'Before it expires, please send us the next one.',
    ],
  })
}

/** It cannot be set up. `reason` is a known word, or what a person of the house wrote. */
export function refusedText(intake: Named, reason: string, house: IntakeHouse): IntakeText {
  const [german, english] = nounsOf(intake)
  const [why, whyEnglish] = Object.hasOwn(problems, reason)
    ? problems[reason as keyof typeof problems]
    : [reason, reason]
  return letter(house, intake, {
    subject: [`${german.name} nicht eingerichtet`, `${english.name} not set up`],
    german: [`${german.your} können wir leider nicht einrichten.`, '', `Der Grund: ${why}`],
    english: [`we cannot set up ${english.your}, sorry.`, '', `The reason: ${whyEnglish}`],
  })
}

/** Nothing in a mail is a certificate or a key that we can take. */
export function nothingFoundText(
  unreadable: readonly { readonly fileName: string; readonly problem: KeyImportProblem }[],
  house: IntakeHouse,
): IntakeText {
  const files = unreadable.map(({ fileName, problem }) => {
    const [german, english] = fileProblems[problem]
    return { german: `„${fileName}“: ${german}`, english: `"${fileName}": ${english}` }
  })
  return letter(house, undefined, {
    subject: ['Kein Zertifikat gefunden', 'No certificate found'],
    german: [
      'in Ihrer E-Mail haben wir kein Zertifikat und keinen Schlüssel gefunden.',
      ...files.map((each) => each.german),
      '',
      'So geht es:',
      '- Am einfachsten: Senden Sie uns eine E-Mail, die Sie mit Ihrem Zertifikat signieren.',
      '- Oder hängen Sie die Datei an: ein Zertifikat (.cer, .crt, .pem, .p7b) oder einen öffentlichen Schlüssel (.asc).',
      '',
      'Senden Sie uns bitte nie Ihren privaten Schlüssel (.p12, .pfx, .key).',
    ],
    english: [
      'we have found no certificate and no key in your mail.',
      ...files.map((each) => each.english),
      '',
      'This is how:',
      '- The easiest way: send us a mail that you sign with your certificate.',
      '- Or attach the file: a certificate (.cer, .crt, .pem, .p7b) or a public key (.asc).',
      '',
      'Please never send us your private key (.p12, .pfx, .key).',
    ],
  })
}

/** The reply holds no code, or another one. */
export function wrongCodeText(house: IntakeHouse): IntakeText {
  return letter(house, undefined, {
    subject: ['Der Code fehlt oder stimmt nicht', 'The code is missing or wrong'],
    german: [
      'in Ihrer Antwort haben wir den Code aus unserer verschlüsselten E-Mail nicht gefunden.',
      'Bitte öffnen Sie die verschlüsselte E-Mail noch einmal, und antworten Sie darauf.',
      'Lassen Sie dabei unseren Text mit dem Code stehen.',
    ],
    english: [
      'we have not found the code of our encrypted mail in your reply.',
      'Please open the encrypted mail again, and reply to it. Leave our text with the code in your reply.',
    ],
  })
}

type Both = readonly [german: string, english: string]

const newCertificate: Both = [
  'Bitte besorgen Sie ein neues Zertifikat oder einen neuen Schlüssel, und senden Sie uns die Datei.',
  'Please obtain a new certificate or key and send it to us.',
]

/** A reason and what helps. */
const because = (german: string, english: string, [help, helpEnglish]: Both = newCertificate): Both => [
  `${german} ${help}`,
  `${english} ${helpEnglish}`,
]

const forEncryption: Both = [
  'Bitte senden Sie uns ein Zertifikat oder einen Schlüssel, mit dem man auch E-Mails verschlüsseln kann.',
  'Please send us one with which mail can be encrypted, too.',
]

/** Each reason with its remedy. Those that only concern our own keys cannot come up. */
const problems = {
  expired: because('Die Gültigkeit ist abgelaufen.', 'It has expired.'),
  'not-yet-valid': because('Die Gültigkeit hat noch nicht begonnen.', 'It is not valid yet.', [
    'Bitte senden Sie uns die Datei noch einmal, sobald sie gilt.',
    'Please send it again once it is.',
  ]),
  revoked: because('Zertifikat oder Schlüssel wurde widerrufen (gesperrt).', 'It was revoked.'),
  'wrong-usage': because(
    'Das Zertifikat ist nicht für das Verschlüsseln von E-Mails gemacht.',
    'It is not made to encrypt mail.',
    forEncryption,
  ),
  'no-encryption-subkey': because(
    'Mit dem Schlüssel kann man nicht verschlüsseln.',
    'Nothing can be encrypted with the key.',
    forEncryption,
  ),
  'unsupported-key': because(
    'Diese Art von Schlüssel wird für E-Mails nicht unterstützt.',
    'This kind of key is not supported for mail.',
    forEncryption,
  ),
  'weak-key': because('Der Schlüssel ist zu kurz und damit unsicher.', 'The key is too short to be secure.'),
  weak: because(
    'Der Schlüssel ist zu kurz oder veraltet und damit unsicher.',
    'The key is too short or outdated.',
  ),
  'unknown-extension': because(
    'Das Zertifikat enthält eine Vorgabe (kritische Erweiterung), die wir nicht kennen.',
    'It holds a critical extension that we do not know.',
  ),
  unreadable: because('Wir können die Datei nicht lesen.', 'We cannot read it.', [
    'Bitte exportieren Sie sie neu und senden Sie sie uns noch einmal.',
    'Please export it again and send it once more.',
  ]),
  unusable: because('Damit kann nicht verschlüsselt werden.', 'Nothing can be encrypted with it.'),
  'no-address': because('Darin steht keine E-Mail-Adresse.', 'It names no mail address.', forEncryption),
  unproven: because(
    'Auf unsere verschlüsselte E-Mail kam innerhalb von 14 Tagen keine Antwort mit dem Code.',
    'There was no reply with the code to our encrypted mail within 14 days.',
    ['Bitte senden Sie uns die Datei noch einmal.', 'Please send it to us again.'],
  ),
  'too-many-codes': because(
    'Der Code in den Antworten war zu oft falsch.',
    'Too many replies held a wrong code.',
    ['Bitte senden Sie uns die Datei noch einmal.', 'Please send it to us again.'],
  ),
} as const satisfies Partial<Record<SubmissionProblem | 'no-address' | 'unproven' | 'too-many-codes', Both>>

const exportAgain: Both = [
  'Die Datei können wir nicht lesen. Bitte exportieren Sie sie neu.',
  'We cannot read the file. Please export it again.',
]

const fileProblems: Readonly<Record<KeyImportProblem, Both>> = {
  unreadable: exportAgain,
  'too-large': ['Die Datei ist zu groß.', 'The file is too large.'],
  'password-needed': exportAgain,
  'wrong-password': exportAgain,
  'key-does-not-match': exportAgain,
  'openssl-missing': exportAgain,
  'no-certificate': ['Darin ist kein Zertifikat.', 'There is no certificate in it.'],
  'no-address': [
    'Das Zertifikat nennt keine E-Mail-Adresse. Nötig ist eines für E-Mail (S/MIME).',
    'The certificate names no mail address. One for mail (S/MIME) is needed.',
  ],
}

/** What the thing is called, in the cases in which it is spoken of. */
function nounsOf({ kind }: Named) {
  return kind === 'smime'
    ? ([
        {
          name: 'Zertifikat',
          your: 'Ihr Zertifikat',
          whose: 'Ihr Zertifikat',
          it: 'es',
          none: 'kein Zertifikat',
          fresh: 'das neue',
        },
        { name: 'Certificate', your: 'your certificate' },
      ] as const)
    : ([
        {
          name: 'Schlüssel',
          your: 'Ihren Schlüssel',
          whose: 'Ihr Schlüssel',
          it: 'ihn',
          none: 'keinen Schlüssel',
          fresh: 'den neuen',
        },
        { name: 'Key', your: 'your key' },
      ] as const)
}

interface Letter {
  readonly subject: Both
  readonly german: readonly string[]
  readonly english: readonly string[]
}

function letter(
  house: IntakeHouse,
  intake: Named | undefined,
  { subject, german, english }: Letter,
): IntakeText {
  return {
    subject: subject.join(' / '),
    text: [
      'Guten Tag,',
      '',
      ...german,
      '',
      `Fragen? Rufen Sie uns an: ${house.telephone}.`,
      '',
      'Freundliche Grüße',
      house.name,
      '',
      '---------- English ----------',
      '',
      'Hello,',
      '',
      ...english,
      '',
      `Questions? Please call us: ${house.telephone}.`,
      '',
      'Kind regards',
      house.name,
      ...(intake ? ['', ...detailsOf(intake)] : []),
      '',
    ].join('\n'),
  }
}

function detailsOf({ kind, fingerprint, addresses, id }: Named): readonly string[] {
  const shown = (fingerprint.match(/.{1,4}/g) ?? []).join(' ')
  return [
    `${kind === 'smime' ? 'S/MIME-Zertifikat / S/MIME certificate' : 'OpenPGP-Schlüssel / OpenPGP key'}: ${addresses.join(', ')}`,
    `Fingerabdruck / Fingerprint: ${shown}`,
    `Vorgang / Reference: ${id}`,
  ]
}
