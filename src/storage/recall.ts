import type { RelationFacts } from '../message/facts.ts'
import { type CountKind, decayed, validMs } from './count-kind.ts'
import { countsOf } from './count-rows.ts'
import type { Database } from './database.ts'
import { fitsOpenWindow, provenFrom } from './heal-windows.ts'
import { organisationalDomain } from './organisational-domain.ts'
import { answersNothing, findAnswered } from './reply-tokens.ts'
import type { Recalled, RecalledSender, RecallQuestion } from './trust-memory.ts'
import { type StoredAddress, storedAddress, type TrustSubjects } from './trust-subjects.ts'

/** Everything that is remembered for one message, for all its recipients at once. */
export async function recall(
  database: Database,
  subjects: TrustSubjects,
  question: RecallQuestion,
): Promise<Recalled> {
  const { weights, isNullSender } = question
  const now = question.now.getTime()
  const author = question.author && storedAddress(question.author.address)
  const asked = subjectsOf(question, author, subjects)
  const [rows, { reply, answered }] = await Promise.all([
    database.read((tables) => countsOf(tables, asked.all)),
    question.answers.length === 0
      ? answersNothing(isNullSender)
      : database.read((tables) =>
          findAnswered(tables, subjects, { answers: question.answers, author, isNullSender, now, weights }),
        ),
  ])
  const count = (subject: string | undefined) => {
    const row = subject === undefined ? undefined : rows.get(subject)
    return row ? decayed(row, now, weights) : 0
  }
  const isValid = (subject: string | undefined) => {
    const row = subject === undefined ? undefined : rows.get(subject)
    const valid = row && validMs(row.kind, weights)
    return row !== undefined && valid !== undefined && row.last_at >= now - valid
  }
  const seen = {
    signed: isValid(asked.seen?.signed),
    spf: isValid(asked.seen?.spf),
    origin: isValid(asked.seen?.origin),
  }
  const learnedOrigin = asked.origins.some(
    (origin) => isValid(origin) && (rows.get(origin)?.mails ?? 0) >= weights.identity.originLearnedFrom,
  )
  const network = subjects.network(question.client.address)
  const known = { seen, learnedOrigin, healing: false }
  const before = question.factorWith(known)
  if (asked.person !== undefined && isValid(asked.healing)) {
    const who = { author: asked.person, ident: identOf(before, asked).ident, network, factor: before }
    known.healing = await database.read((tables) => fitsOpenWindow(tables, who, now))
  }
  const factor = known.healing ? question.factorWith(known) : before
  const ident = identOf(factor, asked)
  // Who earns nothing by an answer uses nothing up: else he could spend what others would earn.
  const isCounted = factor > 0 || reply.match === 'exact-peer'
  const address = asked.address === undefined ? undefined : rows.get(asked.address)
  return {
    relations: asked.pairs.map(
      (pair): RelationFacts => ({
        pair: count(pair),
        address: count(asked.address),
        domain: count(asked.domain),
        firstAt: address?.first_at,
        lastAt: address?.last_at,
      }),
    ),
    history: { ...known, accepted: count(ident.accepted), refused: count(ident.refused), kind: ident.kind },
    reply,
    sender: {
      author: asked.person,
      ...ident,
      network,
      seen: asked.seen,
      origins: asked.origins,
      suspicious: asked.suspicious,
      answered: isCounted ? answered : undefined,
    },
  }
}

type Ident = Pick<RecalledSender, 'ident' | 'accepted' | 'refused'> & {
  readonly kind: Recalled['history']['kind']
}

type Asked = ReturnType<typeof subjectsOf>

/**
 * The author where he is proven at all, else the sender's domain that SPF proves, else nothing but the address of the client.
 * Who shares his servers with strangers is proven little: what they are refused for does not count against him who signs.
 */
function identOf(factor: number, { authorIdent, sharedRefused, envelopeIdent, clientIdent }: Asked): Ident {
  if (factor === 0 || !authorIdent) return envelopeIdent ?? clientIdent
  return factor < provenFrom && sharedRefused ? { ...authorIdent, refused: sharedRefused } : authorIdent
}

/** All rows that could matter, whatever the proofs turn out to be worth: so one question is enough. */
function subjectsOf(
  { recipients, client, envelopeDomain }: RecallQuestion,
  author: StoredAddress | undefined,
  subjects: TrustSubjects,
) {
  const { count } = subjects
  const ident = (kind: Ident['kind'], name: string): Ident => ({
    kind,
    ident: `${kind} ${count('accepted', kind, name)}`,
    accepted: count('accepted', kind, name),
    refused: count('refused', kind, name),
  })
  const authorIdent =
    author && (author.isFreemail ? ident('address', author.address) : ident('domain', author.organisation))
  const sharedRefused =
    author &&
    (author.isFreemail
      ? count('refused', 'address', author.address, 'shared')
      : count('refused', 'domain', author.organisation, 'shared'))
  const envelopeIdent =
    envelopeDomain === undefined ? undefined : ident('envelope', organisationalDomain(envelopeDomain))
  const clientIdent = ident('ip', client.address ?? '')
  // A mail to many of us asks for each pair once, in the order of its recipients.
  const pairs = recipients.map((recipient) =>
    author ? count('pair', storedAddress(recipient).address, author.address) : undefined,
  )
  const address = author && count('address', author.address)
  const domain = author && !author.isFreemail ? count('domain', author.organisation) : undefined
  const seenOf = (kind: CountKind) => (author ? count(kind, author.organisation) : '')
  const seen = author && { signed: seenOf('signed'), spf: seenOf('spf'), origin: seenOf('origin') }
  const network = subjects.network(client.address)
  const host = client.hostName === undefined ? undefined : organisationalDomain(client.hostName.toLowerCase())
  const origins = author
    ? [
        ...(network === undefined ? [] : [count('answered-from', author.organisation, network)]),
        ...(host === undefined ? [] : [count('answered-from', author.organisation, 'host', host)]),
      ]
    : []
  const person = author && subjects.person(author.address)
  const healing = person === undefined ? undefined : count('healing', person)
  const suspicious = person === undefined ? undefined : count('suspicious', person)
  const all = new Set([
    ...pairs,
    ...[address, domain, healing, sharedRefused, ...origins, ...Object.values(seen ?? {})],
    ...[authorIdent, envelopeIdent, clientIdent].flatMap((each) =>
      each ? [each.accepted, each.refused] : [],
    ),
  ])
  all.delete(undefined)
  return {
    ...{ pairs, address, domain, seen, origins, person, healing, suspicious },
    ...{ authorIdent, sharedRefused, envelopeIdent, clientIdent },
    all: [...all].filter((subject) => subject !== undefined),
  }
}
