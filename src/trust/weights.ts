import { z } from 'zod'

const bonus = (shipped: number, text: string) =>
  z.number().int().min(0).max(100).default(shipped).describe(`points: ${text}`)
const malus = (shipped: number, text: string) =>
  z.number().int().min(-100).max(0).default(shipped).describe(`points: ${text}`)
const factor = (shipped: number, text: string) =>
  z.number().min(0).max(1).default(shipped).describe(`factor from 0 to 1: ${text}`)
const days = (shipped: number, text: string) =>
  z.number().min(1).max(3650).default(shipped).describe(`days: ${text}`)
const minutes = (shipped: number, text: string) =>
  z.number().int().min(1).max(14_400).default(shipped).describe(`minutes: ${text}`)
const times = (shipped: number, most: number, text: string) =>
  z.number().int().min(1).max(most).default(shipped).describe(`number: ${text}`)

/**
 * What every observation weighs, how long it counts and where it ends: the one place of these numbers. A policy file may
 * change each by itself under `trust:`; what it leaves out keeps the value that is shipped.
 */
export const Weights = z.strictObject({
  /** R: our own mail makes a relation; a count n earns `first + perDoubling * log2 n`, at most `most`, times the identity. */
  relation: z
    .strictObject({
      pairFirst: bonus(30, 'this recipient has written to the author once'),
      pairPerDoubling: bonus(5, 'for each doubling of these mails'),
      pairMost: bonus(45, 'at most for them'),
      addressFirst: bonus(25, 'somebody here has written to the author once'),
      addressPerDoubling: bonus(4, 'for each doubling of these mails'),
      addressMost: bonus(38, 'at most for them'),
      domainFirst: bonus(12, 'somebody here has written to the domain once; never for freemail'),
      domainPerDoubling: bonus(3, 'for each doubling of these mails'),
      domainMost: bonus(24, 'at most for them'),
      pairHalfLife: days(180, 'after which a mail to an address counts half'),
      domainHalfLife: days(90, 'after which a mail to a domain counts half'),
      forgottenBelow: z
        .number()
        .min(0.01)
        .max(1)
        .default(0.2)
        .describe('number: a relation is forgotten below this count'),
    })
    .prefault({}),
  /** Y: the mail answers one of ours. */
  reply: z
    .strictObject({
      peer: bonus(35, 'an answer of whom we wrote to, times the identity'),
      colleague: bonus(25, 'an answer of somebody of the same domain, times the identity'),
      other: bonus(8, 'an answer of anybody else, times the identity'),
      unauthenticatedPeer: bonus(21, 'an answer of whom we wrote to, whose domain proves nothing ever'),
      validDays: days(90, 'in which a mail of ours can be answered'),
      mostUses: times(20, 1000, 'answers to one mail of ours that count'),
    })
    .prefault({}),
  /** T = relation and reply together. */
  trust: z
    .strictObject({
      most: bonus(70, 'at most for relation and reply together'),
      healed: bonus(45, 'at least, while a heal window is open'),
      healWindow: days(14, 'for which our own mail lets a refused sender in'),
      refusalsKept: days(30, 'in which a refusal can be healed'),
      partnerFrom: bonus(30, 'whose relation and reply earn this much is a partner'),
      partnerIdentity: factor(0.8, 'the proof of identity that a partner needs for milder block lists'),
    })
    .prefault({}),
  /** f: how far an author is proven. */
  identity: z
    .strictObject({
      spf: factor(0.8, 'SPF by servers of his own'),
      sharedSpf: factor(0.3, 'SPF by servers that he shares with strangers'),
      learnedOrigin: factor(0.5, 'a network from which proven answers came, or an open heal window'),
      originLearnedFrom: times(2, 100, 'proven answers that make a network a learned origin'),
      originValid: days(180, 'for which a learned origin counts'),
    })
    .prefault({}),
  /** H: what became of earlier mail of the same identity. */
  history: z
    .strictObject({
      acceptedPerDoubling: bonus(3, 'for each doubling of the accepted mails'),
      acceptedMost: bonus(12, 'at most for them'),
      acceptedMostUnnamed: bonus(8, 'at most for them where only sender or server is proven, not the author'),
      acceptedHalfLife: days(60, 'after which an accepted mail counts half'),
      refused: malus(-10, 'for each mail refused for content or lists'),
      refusedMost: malus(-40, 'at most for them'),
      refusedHalfLife: days(14, 'after which a refused mail counts half'),
    })
    .prefault({}),
  /** A: authentication. */
  authentication: z
    .strictObject({
      pass: bonus(5, 'DMARC pass or an aligned signature'),
      nothing: malus(-6, 'neither SPF nor DKIM'),
      spfSoftfail: malus(-6, 'SPF softfail'),
      spfFail: malus(-15, 'SPF fail'),
      dmarcNone: malus(-15, 'DMARC fail, the domain asks for nothing'),
      dmarcQuarantine: malus(-35, 'DMARC fail, the domain asks for quarantine'),
      dmarcReject: malus(-60, 'DMARC fail, the domain asks for rejection'),
      downgradeSigned: malus(-45, 'a partner whose mail comes signed, and this one is not'),
      downgradeKnown: malus(-35, 'a partner whose mail comes from known servers, and this one does not'),
      seenFor: days(180, 'for which it counts how mail of a partner came'),
    })
    .prefault({}),
  /** I: the connecting server, and how the mail presents itself. */
  impression: z
    .strictObject({
      noReverseName: malus(-12, 'the server has no reverse name'),
      heloNoName: malus(-4, 'the server greets without a name'),
      dialUp: malus(-12, 'the server has the name of a dial-up line'),
      serverMost: malus(-20, 'at most for these three'),
      foreignAddressShown: malus(-35, 'the name shown is the address of somebody else'),
      knownNameShown: malus(-20, 'the name shown is that of an own person or a partner'),
      lookalike: malus(-30, 'the domain looks like one of ours or of a partner'),
      onlyBelow: bonus(20, 'names that deceive count only below this relation and reply'),
      bulk: malus(-8, 'bulk mail of a sender never seen'),
    })
    .prefault({}),
  /** D: lists asked by DNS. */
  lists: z
    .strictObject({
      strongServer: malus(-60, 'a strong list names the server'),
      strongDomain: malus(-60, 'a strong list names the domain of author or sender'),
      strongBoth: malus(-80, 'strong lists name both'),
      weak: malus(-12, 'for each weak list'),
      weakMost: malus(-24, 'at most for weak lists'),
      welcome: bonus(5, 'a welcome list names the server'),
      warmlyWelcome: bonus(10, 'a welcome list names the server with its best grade'),
      partnerFactor: factor(0.5, 'block lists against a partner'),
    })
    .prefault({}),
  /** C: a content scorer, on the scale of SpamAssassin. */
  content: z
    .strictObject({
      suspiciousFrom: z
        .number()
        .min(-20)
        .max(100)
        .default(1.5)
        .describe('number: suspicious above this score'),
      perScore: malus(-6, 'for each whole point of the scorer above that'),
      most: malus(-75, 'at most for that'),
      harmlessBelow: z.number().min(-100).max(0).default(-1).describe('number: harmless below this score'),
      harmless: bonus(3, 'content that is harmless'),
      partnerFactor: factor(0.4, 'content of a partner'),
      phishing: malus(-60, 'a known address of phishing in it, also of a partner'),
    })
    .prefault({}),
  /** G: the middle zone, and answers that the DNS owes. */
  retry: z
    .strictObject({
      cameBack: bonus(12, 'came back as asked'),
      notBelow: malus(-15, 'coming back counts only if authentication earned more than this'),
      after: minutes(5, 'after which the sender may come back'),
      until: minutes(2880, 'until which he must'),
      mostDeferrals: times(2, 10, 'deferrals of one mail in the middle zone'),
      remembered: days(60, 'for which a sender who came back is not deferred again'),
      mostDnsDeferrals: times(3, 100, 'deferrals of one mail for want of DNS answers'),
    })
    .refine(
      ({ after, until }) => after < until,
      'the sender must have time to come back: `after` is below `until`',
    )
    .prefault({}),
})
export type Weights = z.infer<typeof Weights>

/** As shipped. A simulated year of a firm of 30 people (`test/simulation`) reached its targets by them, none was changed for it. */
export const shippedWeights: Weights = Weights.parse({})
