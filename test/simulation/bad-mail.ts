import type { World } from './good-mail.ts'
import {
  forged,
  goodServer,
  honest,
  listedServer,
  type MailKind,
  type SimulatedMail,
  scored,
} from './simulated-mail.ts'
import {
  anyServer,
  type Correspondent,
  employees,
  hosterServer,
  ownDomain,
  population,
  scores,
} from './world.ts'

const day = 86_400_000

const spoofed: Record<Correspondent['proving'], MailKind> = {
  reject: 'spoof: DMARC reject',
  monitored: 'spoof: DMARC none',
  signed: 'spoof: signs only',
  'own-spf': 'spoof: own SPF',
  hoster: 'spoof: same hoster',
  nothing: 'spoof: proves nothing',
  freemail: 'spoof: freemail',
}

/** Spam, forgeries, backscatter and malware. */
export function badMail({
  chance,
  actor,
  scale,
  partners,
}: World & { readonly partners: readonly Correspondent[] }): void {
  const people = population(chance)
  const often = (aDay: number, make: () => SimulatedMail) => {
    const next = () => {
      actor.plan(actor.now() + chance.waiting(day / aDay / scale), async () => {
        next()
        await actor.arrive(make())
      })
    }
    // The first days are for making acquaintance.
    actor.plan(actor.now() + 10 * day, async () => next())
  }
  const mail = (kind: MailKind, change: Partial<SimulatedMail> & Pick<SimulatedMail, 'authentication'>) => {
    const author = change.authentication.author?.address ?? ''
    return {
      kind,
      author,
      sender: author,
      recipient: chance.pick(employees),
      server: anyServer(chance),
      hostName: 'mail.irgendwo.example',
      client: goodServer,
      content: scored(scores.phishing(chance)),
      comesAgain: chance.happens(0.5),
      ...change,
    } satisfies SimulatedMail
  }
  const stranger = (proving: Correspondent['proving'], domain?: string): Correspondent => {
    const who = people.stranger()
    const at = domain ?? `fremd${chance.below(1e6)}.example`
    return { ...who, proving, domain: at, address: `wer${chance.below(1e6)}@${at}` }
  }
  /** The forger knows who writes to whom: he took it from a mailbox. */
  const spoof = (who: Correspondent): SimulatedMail => {
    const isHosted = who.proving === 'hoster'
    const own = chance.happens(0.5)
    return mail(spoofed[who.proving], {
      recipient: who.contact,
      server: isHosted ? hosterServer(chance) : anyServer(chance),
      sender: !isHosted && own ? 'wer@forger.example' : who.address,
      authentication: forged(who, isHosted ? 'same-hoster' : own ? 'own' : 'forged'),
    })
  }

  often(6, () => spoof(chance.pick(partners)))
  often(0.3, () => {
    const who = chance.pick(partners.filter(({ proving }) => proving !== 'hoster'))
    // A Message-ID of ours that went to somebody else.
    return { ...spoof(who), kind: 'spoof: stolen id', answers: `<${chance.below(500)}.1@kanzlei.example>` }
  })
  often(10, () => mail('freemail spam', { authentication: honest(stranger('freemail', 'gmail.com')) }))
  often(4, () =>
    mail('hacked mailbox', {
      authentication: honest(stranger(chance.pick(['reject', 'monitored', 'hoster']))),
    }),
  )
  often(16, () => {
    const server = anyServer(chance)
    return mail('bot', {
      server,
      hostName: undefined,
      client: { reverse: 'none', looksDialUp: chance.happens(0.4), heloIsName: chance.happens(0.3) },
      authentication: forged(stranger(chance.pick(['reject', 'own-spf', 'nothing'])), 'forged'),
      content: scored(scores.spam(chance)),
      ...(chance.happens(0.85) ? { lists: listedServer(server) } : {}),
      comesAgain: chance.happens(0.1),
    })
  })
  often(5, () => {
    const server = anyServer(chance)
    return mail('fresh domain', {
      server,
      authentication: honest(stranger('monitored')),
      content: scored(scores.spam(chance)),
      isBulk: chance.happens(0.5),
      ...(chance.happens(0.5) ? { lists: listedServer(server) } : {}),
    })
  })
  often(6, () =>
    mail('backscatter', {
      sender: '',
      authentication: honest(stranger(chance.pick(['reject', 'monitored', 'nothing']))),
      content: scored(chance.normal(0, 1.5)),
      ...(chance.happens(0.7) ? { answers: `<${chance.below(1e6)}@irgendwo.example>` } : {}),
      comesAgain: true,
    }),
  )
  often(3, () => {
    const colleague = { address: chance.pick(employees), domain: ownDomain, proving: 'reject' as const }
    const authentication = forged(colleague as Correspondent, chance.happens(0.5) ? 'own' : 'forged')
    return mail('own domain', { authentication, sender: 'wer@forger.example' })
  })
  often(2, () => {
    // Half of them from partners whose machines are infected.
    const who = chance.happens(0.5) ? chance.pick(partners) : stranger('monitored')
    const scan = { kind: 'infected', name: 'Win.Trojan', signatures: 'simulated' } as const
    return mail('virus', { recipient: who.contact, server: who.server, authentication: honest(who), scan })
  })
}
