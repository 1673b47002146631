import type { Chance } from './random.ts'
import type { Actor } from './run-year.ts'
import {
  forwarded,
  goodServer,
  honest,
  listedServer,
  type MailKind,
  type SimulatedMail,
  scored,
} from './simulated-mail.ts'
import { type Correspondent, employees, hosterServer, population, scores } from './world.ts'

const hour = 3_600_000
const day = 24 * hour
const year = 365 * day

export interface World {
  readonly chance: Chance
  readonly actor: Actor
  readonly scale: number
}

/** Partners, first contacts, newsletters, lists, forwards, bounces of our own mail. Gives the partners. */
export function goodMail({ chance, actor, scale }: World): readonly Correspondent[] {
  const people = population(chance)
  const wronglyListed = new Map<string, number>()

  const from = (who: Correspondent, kind: MailKind, answers?: string): SimulatedMail => {
    const isListed = (wronglyListed.get(who.address) ?? 0) > actor.now()
    return {
      kind: isListed && kind === 'known or reply' ? 'partner, wrongly listed' : kind,
      sender: who.address,
      author: who.address,
      recipient: chance.happens(0.85) ? who.contact : chance.pick(employees),
      server: who.proving === 'hoster' ? hosterServer(chance) : who.server,
      hostName: who.named ? `mail.${who.domain}` : undefined,
      authentication: honest(who),
      client: { ...goodServer, reverse: who.named ? 'verified' : 'none' },
      content: scored(scores.ham(chance)),
      ...(isListed ? { lists: listedServer(who.server) } : {}),
      ...(answers === undefined ? {} : { answers }),
      comesAgain: true,
    }
  }
  const kindOf = (who: Correspondent): MailKind =>
    actor.isKnown(who.address) ? 'known or reply' : 'first contact'

  /** He is refused: perhaps he calls, somebody here writes to him, and he tries again. */
  const callAfter = (who: Correspondent) => {
    if (!chance.happens(0.6)) return
    actor.plan(actor.now() + chance.waiting(6 * hour), async () => {
      await actor.weWrite(who.contact, who)
      const mail = from(who, 'healed try')
      actor.plan(actor.now() + chance.waiting(4 * hour), () =>
        actor.arrive({ ...mail, recipient: who.contact }),
      )
    })
  }
  const theyWrite = (who: Correspondent, kind = kindOf(who), answers?: string) =>
    actor.arrive(from(who, kind, answers), async (accepted) => {
      if (!accepted) return callAfter(who)
      if (chance.happens(0.55)) actor.plan(actor.now() + chance.waiting(8 * hour), () => weBegin(who))
    })
  /** We write; mostly he answers, and most programs say to what. */
  const weBegin = async (who: Correspondent) => {
    const messageId = await actor.weWrite(chance.happens(0.85) ? who.contact : chance.pick(employees), who)
    if (chance.happens(0.55)) {
      const answers = chance.happens(0.9) ? messageId : undefined
      actor.plan(actor.now() + chance.waiting(10 * hour), () => theyWrite(who, 'known or reply', answers))
    } else if (chance.happens(0.02)) {
      actor.plan(actor.now() + chance.waiting(hour), () => actor.arrive(bounce(who, messageId)))
    }
  }
  const bounce = (who: Correspondent, answers: string): SimulatedMail => {
    const daemon = { ...who, address: `mailer-daemon@${who.domain}` }
    return { ...from(daemon, 'our bounces', answers), sender: '', content: scored(chance.normal(0, 1.5)) }
  }
  /** Again and again, with these means between. */
  const repeatedly = (each: number, happen: () => Promise<void>) => {
    const next = () => {
      actor.plan(actor.now() + chance.waiting(each / scale), async () => {
        next()
        await happen()
      })
    }
    next()
  }

  const partners = Array.from({ length: 220 }, people.partner)
  for (const who of partners) {
    // Whom we know before the year begins, we have written to.
    actor.plan(actor.now() + chance.below(2 * day), async () => void (await actor.weWrite(who.contact, who)))
    actor.plan(actor.now() + 2 * day, async () => {
      repeatedly(year / who.rate, () => theyWrite(who))
      repeatedly(year / (who.rate * 0.6), () => weBegin(who))
    })
  }
  repeatedly(year / 12, async () => {
    wronglyListed.set(chance.pick(partners).address, actor.now() + 3 * day)
  })
  repeatedly(day / 4, () => theyWrite(people.stranger()))

  const senders = Array.from({ length: 80 }, people.stranger)
  repeatedly(day / 14, () =>
    actor.arrive(newsletter(chance, from(chance.pick(senders), 'bulk, list, forward'))),
  )
  repeatedly(day / 3, () => {
    const who = chance.pick(partners)
    const mail = from(who, 'bulk, list, forward')
    // A forwarder seldom changes the text, a list often does.
    const authentication = forwarded(who, chance.happens(0.25))
    return actor.arrive({
      ...mail,
      sender: 'verteiler@verteiler.example',
      server: '198.51.100.9',
      authentication,
    })
  })
  return partners
}

/** Newsletters, shops and machines: through a service that signs with the author's domain, or only with its own. */
function newsletter(chance: Chance, mail: SimulatedMail): SimulatedMail {
  const { authentication } = mail
  const spf = { result: 'pass', domain: 'versand.example', aligned: false, reach: 'shared' } as const
  const isOwnName = chance.happens(0.8)
  const own = mail.author.slice(mail.author.lastIndexOf('@') + 1)
  const signature = { selector: 's', bodyLengthLimited: false, headerIncomplete: false } as const
  return {
    ...mail,
    sender: 'bounce@versand.example',
    server: `198.51.101.${chance.below(250)}`,
    hostName: 'out.versand.example',
    client: goodServer,
    isBulk: true,
    content: scored(scores.bulk(chance)),
    authentication: {
      ...authentication,
      spf,
      dkim: [
        isOwnName
          ? { ...signature, result: 'pass', domain: own, aligned: true }
          : { ...signature, result: 'pass', domain: 'versand.example', aligned: false },
      ],
      // Who has a policy has his service sign.
      dmarc: isOwnName
        ? { result: authentication.dmarc.result, policy: authentication.dmarc.policy }
        : { result: 'none', policy: undefined },
    },
  }
}
