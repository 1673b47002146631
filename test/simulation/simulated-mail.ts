import {
  type AuthenticationFacts,
  type ClientFacts,
  type ContentFacts,
  type ListFacts,
  type ScanResult,
  unaskedFacts,
} from '../../src/message/facts.ts'
import type { Correspondent, Proving } from './world.ts'

/** What a mail is in truth; the table has a row for each. */
export const kinds = [
  'known or reply',
  'partner, wrongly listed',
  'first contact',
  'bulk, list, forward',
  'healed try',
  'our bounces',
  'spoof: DMARC reject',
  'spoof: DMARC none',
  'spoof: signs only',
  'spoof: own SPF',
  'spoof: same hoster',
  'spoof: proves nothing',
  'spoof: freemail',
  'spoof: stolen id',
  'freemail spam',
  'hacked mailbox',
  'bot',
  'fresh domain',
  'backscatter',
  'own domain',
  'virus',
] as const
export type MailKind = (typeof kinds)[number]

/** A mail with everything that could be found out about it, but for what our own memory knows. */
export interface SimulatedMail {
  readonly kind: MailKind
  readonly sender: string
  readonly author: string
  readonly recipient: string
  readonly server: string
  readonly hostName: string | undefined
  readonly authentication: AuthenticationFacts
  readonly client: ClientFacts
  readonly content: ContentFacts
  readonly lists?: ListFacts
  readonly scan?: ScanResult
  readonly isBulk?: boolean
  readonly answers?: string
  /** Whether its server comes again when it is asked to. */
  readonly comesAgain: boolean
}

export const goodServer: ClientFacts = { reverse: 'verified', looksDialUp: false, heloIsName: true }
export const listedServer = (value: string): ListFacts => ({
  hits: [{ list: 'zen', subject: 'ip', weight: 'strong', value }],
  failed: [],
})
export const scored = (score: number): ContentFacts => ({
  kind: 'scored',
  scorer: 'simulated',
  score,
  phishing: false,
})

const dmarcOf: Record<Proving, AuthenticationFacts['dmarc']['policy']> = {
  reject: 'reject',
  monitored: 'none',
  signed: undefined,
  'own-spf': undefined,
  hoster: undefined,
  nothing: undefined,
  freemail: 'quarantine',
}
const signs = (proving: Proving) => ['reject', 'monitored', 'signed', 'freemail'].includes(proving)
const publishesSpf = (proving: Proving) => proving !== 'nothing'

/** Mail that comes from where its author's mail comes from. */
export function honest({ address, domain, proving }: Correspondent): AuthenticationFacts {
  const policy = dmarcOf[proving]
  return {
    author: { address, domain },
    spf: publishesSpf(proving)
      ? { result: 'pass', domain, aligned: true, reach: isShared(proving) ? 'shared' : 'own' }
      : { result: 'none', domain, aligned: true },
    dkim: signs(proving) ? [signature(domain, 'pass', true)] : [],
    dmarc: policy === undefined ? { result: 'none', policy } : { result: 'pass', policy },
    arc: 'none',
  }
}

function isShared(proving: Proving): boolean {
  return proving === 'hoster' || proving === 'freemail' || proving === 'signed'
}

/** Mail in the name of somebody, from elsewhere. `own`: the forger's envelope has a domain of his own that SPF proves. */
export function forged(
  { address, domain, proving }: Correspondent,
  envelope: 'own' | 'forged' | 'same-hoster',
): AuthenticationFacts {
  if (envelope === 'same-hoster')
    return { ...honest({ address, domain, proving } as Correspondent), dkim: [] }
  const policy = dmarcOf[proving]
  return {
    author: { address, domain },
    spf:
      envelope === 'own'
        ? { result: 'pass', domain: 'forger.example', aligned: false, reach: 'own' }
        : publishesSpf(proving)
          ? { result: proving === 'hoster' ? 'softfail' : 'fail', domain, aligned: true }
          : { result: 'none', domain, aligned: true },
    dkim: envelope === 'own' ? [signature('forger.example', 'pass', false)] : [],
    dmarc: policy === undefined ? { result: 'none', policy } : { result: 'fail', policy },
    arc: 'none',
    authorPublishesSpf: publishesSpf(proving),
  }
}

/** Through a list or a forwarder, which changes the envelope and, if `broken`, the text. */
export function forwarded(author: Correspondent, broken: boolean): AuthenticationFacts {
  const { domain, proving } = author
  const policy = dmarcOf[proving]
  const isProven = signs(proving) && !broken
  return {
    author: { address: author.address, domain },
    spf: { result: 'pass', domain: 'verteiler.example', aligned: false, reach: 'own' },
    dkim: signs(proving) ? [signature(domain, broken ? 'fail' : 'pass', true)] : [],
    dmarc: policy === undefined ? { result: 'none', policy } : { result: isProven ? 'pass' : 'fail', policy },
    arc: 'none',
    authorPublishesSpf: publishesSpf(proving),
  }
}

function signature(domain: string, result: 'pass' | 'fail', aligned: boolean) {
  return { result, domain, selector: 's1', aligned, bodyLengthLimited: false, headerIncomplete: false }
}

export const noLists: ListFacts = unaskedFacts.lists
