import type { SmtpReply } from '../failure.ts'
import { type RefusalCase, refusalCases } from './refusal-cases.ts'
import { toAscii } from './to-ascii.ts'

/** Whose mail server speaks, and whom a refused sender should call. */
export interface Organization {
  readonly name: string
  readonly telephone: string
}

/** In what order the sender is told: one of the two is his. */
export type Language = 'de' | 'en'

/** What a reply is made of beside its case. */
export interface RefusalWords {
  readonly organization: Organization
  readonly reference: string
  readonly languages: readonly Language[]
  /** The name of the malware, the type of the file, the domain, the list. */
  readonly detail?: string
  /** Our own mail to the sender would let him in. */
  readonly heals?: boolean
}

/** "550-5.7.26 " in front of each line; the whole at most 110, of 512 allowed (RFC 5321 4.5.3.1.5): readable in one row. */
const lineLength = 110 - '550-5.7.26 '.length

/**
 * The words for a sender whose message is not accepted. The first and the last line carry the essence, because some
 * servers show only one; reference and number of the case stand in both.
 */
export function refusal(kind: RefusalCase, words: RefusalWords): SmtpReply {
  const { code, status, number } = refusalCases[kind]
  const [first = 'de', second = first === 'de' ? 'en' : 'de'] = words.languages
  const telephone = toAscii(words.organization.telephone, 30)
  const name = toAscii(words.organization.name, 100)
  const say = code === 451 ? deferring : refusing
  const lines = [
    ending(say[first].opening(name), words.reference, number),
    ...explanation(kind, first, words, telephone),
    ...explanation(kind, second, words, telephone),
    ending(say[second].closing(telephone), words.reference, number),
  ]
  return { code, enhancedStatus: status, lines: lines.map((line) => line.slice(0, lineLength)) }
}

/** However long the name of the organisation is, the reference stays. */
function ending(text: string, reference: string, number: number): string {
  const end = ` Ref. ${toAscii(reference, 20)} Code ${number}`
  return `${text.slice(0, lineLength - end.length).trimEnd()}${end}`
}

function explanation(
  kind: RefusalCase,
  language: Language,
  { detail = '', heals = false }: RefusalWords,
  telephone: string,
): string[] {
  const { code } = refusalCases[kind]
  const { reason, advice } = refusalCases[kind][language]
  const label = { de: 'Grund', en: 'Reason' }[language]
  const room = lineLength - `${label}: ${reason}`.length + 2
  const told = reason.replace('{}', () => toAscii(detail, Math.max(10, room)).replaceAll(/[. ]+$/g, ''))
  const call = (code === 451 ? deferring : refusing)[language]
  return [`${label}: ${told}`, ...advice, ...(heals ? call.healing(telephone) : call.calling(telephone))]
}

/** 5xx: the sender's server tells the sender at once. */
const refusing = {
  de: {
    opening: (name: string) => `NICHT ANGENOMMEN: Ihre E-Mail an ${name}.`,
    closing: (telephone: string) => `NICHT ANGENOMMEN, nicht zugestellt. Bitte rufen Sie an: ${telephone}.`,
    calling: (telephone: string) => [`Fragen? Bitte rufen Sie uns an: ${telephone}.`],
    healing: (telephone: string) => [
      `Bitte rufen Sie uns an: ${telephone}. Sobald wir Ihnen geschrieben haben,`,
      'senden Sie Ihre E-Mail einfach erneut - sie kommt dann an.',
    ],
  },
  en: {
    opening: (name: string) => `REJECTED: your mail to ${name}.`,
    closing: (telephone: string) => `REJECTED, not delivered. Please call ${telephone}.`,
    calling: (telephone: string) => [`Questions? Please call ${telephone}.`],
    healing: (telephone: string) => [
      `Please call ${telephone}; after we have written to you,`,
      'send your mail again and it will arrive.',
    ],
  },
} as const

/** 4xx: the sender's server keeps the mail and tries again by itself. */
const deferring = {
  de: {
    opening: (name: string) => `NOCH NICHT ANGENOMMEN: Ihre E-Mail an ${name}.`,
    closing: () => 'NOCH NICHT ANGENOMMEN, Ihr Server versucht es erneut.',
    calling: (telephone: string) => [
      `Ihr Server versucht es von selbst erneut. Fragen? Bitte rufen Sie uns an: ${telephone}.`,
    ],
    healing: () => [],
  },
  en: {
    opening: (name: string) => `NOT YET ACCEPTED: your mail to ${name}.`,
    closing: () => 'NOT YET ACCEPTED, your server will try again.',
    calling: (telephone: string) => [
      `Your server will try again by itself. Questions? Please call ${telephone}.`,
    ],
    healing: () => [],
  },
} as const
