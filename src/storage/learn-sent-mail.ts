import type { Kysely } from 'kysely'
import { learningLimits } from '../trust/learning-limits.ts'
import type { Weights } from '../trust/weights.ts'
import { validMs } from './count-kind.ts'
import { addCounts, type Counted, countsOf } from './count-rows.ts'
import { healByMail } from './heal-windows.ts'
import { addReplyToken } from './reply-tokens.ts'
import type { Tables } from './tables.ts'
import type { LearnedOfSent, SentMail } from './trust-memory.ts'
import { storedAddress, type TrustSubjects } from './trust-subjects.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Gives the sealed name for a row, or undefined where names are not kept. */
export type SealName = (subject: string, name: string, isPerson: boolean) => string | undefined

/** A mail of ours: its Message-ID, the relations that it makes within the limits, and the windows that it opens. */
export async function learnSentMail(
  tables: Kysely<Tables>,
  subjects: TrustSubjects,
  sent: SentMail,
  weights: Weights,
  sealName: SealName,
): Promise<LearnedOfSent> {
  const at = sent.at.getTime()
  const to = storedAddress(sent.to)
  const from = storedAddress(sent.from).address
  // Before its own row is there: how many of the same mail went out already, each in a transaction of its own.
  const before =
    sent.messageId === undefined || !sent.teaches ? 0 : await sentAlready(tables, subjects, sent.messageId)
  if (sent.messageId !== undefined) {
    const earns = sent.teaches
    await addReplyToken(tables, subjects, { messageId: sent.messageId, to: to.address, at, earns })
  }
  if (!sent.teaches) return { limitReached: false }
  await healByMail(tables, subjects, to.address, at, weights)

  const names = {
    pair: subjects.count('pair', from, to.address),
    address: subjects.count('address', to.address),
    domain: subjects.count('domain', to.organisation),
    sent: subjects.count('sent', from, String(Math.floor(at / hourMs))),
    met: subjects.count('met', from, String(Math.floor(at / dayMs))),
    suspicious: subjects.count('suspicious', subjects.person(to.address)),
  }
  const found = await countsOf(tables, Object.values(names))
  const isNew = !found.has(names.address)
  const suspicious = found.get(names.suspicious)
  const { weight, isForDomain, limitReached } = learningLimits({
    recipients: Math.max(sent.recipients, before + 1),
    sentThisHour: (found.get(names.sent)?.mails ?? 0) + 1,
    isNew,
    newToday: (found.get(names.met)?.mails ?? 0) + 1,
    isSuspicious:
      suspicious !== undefined && suspicious.last_at >= at - (validMs('suspicious', weights) ?? 0),
  })
  const counted: Counted[] = [{ subject: names.sent, kind: 'sent', weight: 1, at }]
  if (isNew) counted.push({ subject: names.met, kind: 'met', weight: 1, at })
  if (weight > 0) {
    const [outside, inside] = [subjects.person(to.address), subjects.person(from)]
    const named = (subject: string, name: string, isPerson: boolean) => {
      const sealed = found.has(subject) ? undefined : sealName(subject, name, isPerson)
      return sealed === undefined ? {} : { name: sealed }
    }
    counted.push(
      { subject: names.pair, kind: 'pair', weight, at, outside, inside, ...named(names.pair, from, true) },
      { subject: names.address, kind: 'address', weight, at, ...named(names.address, to.address, true) },
    )
    if (isForDomain && !to.isFreemail)
      counted.push({
        subject: names.domain,
        kind: 'domain',
        weight: 1,
        at,
        ...named(names.domain, to.organisation, false),
      })
  }
  await addCounts(tables, counted, weights)
  return { limitReached }
}

/** How many of the same mail went out before, as far as it matters. */
async function sentAlready(
  tables: Kysely<Tables>,
  subjects: TrustSubjects,
  messageId: string,
): Promise<number> {
  const rows = await tables
    .selectFrom('reply_tokens')
    .select('sent_at')
    .where('token', '=', subjects.messageId(messageId))
    .limit(100)
    .execute()
  return rows.length
}
