import type { ListFacts } from '../message/facts.ts'
import { type CodeMeaning, heaviestOf, type ListVerdict, readListAnswers } from '../policy/list-codes.ts'
import { isNoSuchName, type ListState, watchList } from './list-health.ts'
import { addressLabels, domainLabels } from './list-names.ts'
import type { AddressLookup } from './resolver.ts'

/** A list that is asked by DNS (RFC 5782), as the settings name it. */
export interface DnsList {
  /** As refused senders read it. */
  readonly name: string
  /** May contain a key of the operator, so it is shown to nobody. */
  readonly zone: string
  readonly of: 'addresses' | 'domains'
  /** Pattern of answers, such as `127.0.0.2-9`, and what they mean. */
  readonly codes: Readonly<Record<string, CodeMeaning>>
  /** Page about a listing; `{subject}` stands for the address or domain. */
  readonly url?: string
}

/** What lists are asked about; what is unknown is left out. */
export interface ListSubjects {
  /** The client's address. */
  readonly ip?: string | undefined
  /** Domains of the author and of the envelope sender. */
  readonly author?: string | undefined
  readonly envelope?: string | undefined
}

export interface DnsLists {
  /** What the lists say. Never fails, and takes no longer than the deadline of one look-up. */
  ask(subjects: ListSubjects): Promise<ListFacts>
  /** Begins to ask, so that the answers are there when they are needed. */
  askAhead(subjects: ListSubjects): void
  states(): readonly ListState[]
}

/** Some MB: a name, a verdict and a time for each. */
const mostRemembered = 20_000
/**
 * For what has no time to live of its own: that a name is not listed, and that nobody answered. It bridges the time between
 * connecting and the end of the message, and a burst of mail; the resolver remembers for longer.
 */
const briefMs = 10_000
const longestMs = 3_600_000

type Hit = ListFacts['hits'][number]

/** Asks the lists of the settings; without any, nobody is asked anything. */
export function openDnsLists(
  lists: readonly DnsList[],
  parts: {
    readonly lookup: AddressLookup
    readonly now: () => Date
    readonly onChange: (state: ListState) => void
  },
): DnsLists {
  const open = lists.map((list) => openList(list, parts))
  const ask = async (subjects: ListSubjects): Promise<ListFacts> => {
    const all = await Promise.all(open.map((list) => list.ask(subjects)))
    return {
      hits: all.flatMap(({ hits }) => hits),
      failed: lists.map(({ name }) => name).filter((_, index) => all[index]?.failed),
    }
  }
  // The first mail should not have to wait for the tests.
  for (const { health } of open) void health.isOn()
  return {
    ask,
    askAhead: (subjects) => void ask(subjects),
    states: () => open.map(({ health }) => health.state()),
  }
}

function openList(list: DnsList, parts: Parameters<typeof openDnsLists>[1]) {
  const { name, zone, of, codes, url } = list
  const { lookup, now } = parts
  const read = (answers: readonly string[]) => readListAnswers(codes, answers)
  const [listed, clear] = of === 'addresses' ? ['2.0.0.127', '1.0.0.127'] : ['test', 'invalid']
  const health = watchList(name, { listed: `${listed}.${zone}`, clear: `${clear}.${zone}`, read }, parts)
  const remembered = new Map<string, { readonly verdict: ListVerdict | undefined; readonly until: number }>()
  const underWay = new Map<string, Promise<ListVerdict | undefined>>()

  const look = async (labels: string): Promise<ListVerdict | undefined> => {
    let verdict: ListVerdict | undefined
    let forMs = briefMs
    try {
      const answers = await lookup(`${labels}.${zone}`)
      verdict = read(answers.map(({ address }) => address))
      const seconds = Math.min(...answers.map(({ ttl }) => ttl))
      forMs = Math.max(briefMs, Math.min(longestMs, seconds * 1000))
    } catch (error) {
      if (isNoSuchName(error)) verdict = { kind: 'clear' }
    }
    remembered.delete(labels)
    remembered.set(labels, { verdict, until: now().getTime() + forMs })
    for (const oldest of remembered.keys()) {
      if (remembered.size <= mostRemembered) break
      remembered.delete(oldest)
    }
    health.asked(verdict)
    return verdict
  }
  const question = (labels: string): Promise<ListVerdict | undefined> => {
    const known = remembered.get(labels)
    if (known && now().getTime() < known.until) return Promise.resolve(known.verdict)
    let flight = underWay.get(labels)
    if (!flight) {
      flight = look(labels).finally(() => underWay.delete(labels))
      underWay.set(labels, flight)
    }
    return flight
  }
  /** The heaviest of what is said of one subject. */
  const about = async (subject: Hit['subject'], value: string, names: readonly string[]) => {
    const short = names.filter((each) => each.length + zone.length < 253)
    const verdicts = await Promise.all(short.map(question))
    const weights = verdicts.flatMap((verdict) => (verdict?.kind === 'listed' ? [verdict.weight] : []))
    const weight = heaviestOf(weights)
    const page = url?.replaceAll('{subject}', encodeURIComponent(value))
    const hit = weight && { list: name, subject, weight, value, ...(page ? { url: page } : {}) }
    const failed = verdicts.some((verdict) => verdict === undefined || verdict.kind === 'off')
    return { hits: hit ? [hit] : [], failed }
  }
  const ask = async (subjects: ListSubjects) => {
    const questions = questionsAbout(of, subjects)
    if (questions.length === 0) return { hits: [], failed: false }
    if (health.rests()) return { hits: [], failed: true }
    const [isOn, ...answers] = await Promise.all([
      health.isOn(),
      ...questions.map((each) => about(each.subject, each.value, each.names)),
    ])
    // What was said by a list that turned out to be off just now does not count.
    if (!isOn || health.state().state !== 'on') return { hits: [], failed: true }
    return {
      hits: answers.flatMap(({ hits }) => hits),
      failed: answers.some(({ failed }) => failed),
    }
  }
  return { ask, health }
}

function questionsAbout(of: DnsList['of'], { ip, author, envelope }: ListSubjects) {
  if (of === 'addresses') {
    const labels = ip === undefined ? undefined : addressLabels(ip)
    return ip === undefined || labels === undefined
      ? []
      : [{ subject: 'ip' as const, value: ip, names: [labels] }]
  }
  return [
    { subject: 'author' as const, value: author },
    { subject: 'envelope' as const, value: envelope },
  ].flatMap(({ subject, value }) => {
    const names = value === undefined ? [] : domainLabels(value)
    return value === undefined || names.length === 0 ? [] : [{ subject, value, names }]
  })
}
