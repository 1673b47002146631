import { type Kysely, sql } from 'kysely'
import type { ReplyFacts } from '../message/facts.ts'
import type { Weights } from '../trust/weights.ts'
import type { Tables } from './tables.ts'
import { type StoredAddress, storedAddress, type TrustSubjects } from './trust-subjects.ts'

const dayMs = 86_400_000

/** A mail of ours that an inbound message answers, and what the answer is worth. */
export interface AnsweredMail {
  readonly reply: ReplyFacts
  readonly answered: { readonly token: string; readonly peer: string } | undefined
}

export const answersNothing = (isNullSender: boolean): AnsweredMail => ({
  reply: { match: 'none', ours: isNullSender ? false : undefined },
  answered: undefined,
})

/** Remembers that a mail of ours went to somebody; only what `earns` lets him prove an answer. */
export async function addReplyToken(
  tables: Kysely<Tables>,
  subjects: TrustSubjects,
  mail: { readonly messageId: string; readonly to: string; readonly at: number; readonly earns: boolean },
): Promise<void> {
  const to = storedAddress(mail.to)
  await tables
    .insertInto('reply_tokens')
    .values({
      token: subjects.messageId(mail.messageId),
      peer: subjects.person(to.address),
      // Whoever has a mailbox at the same provider is no colleague.
      organisation: to.isFreemail ? '' : subjects.organisation(to.organisation),
      sent_at: mail.at,
      earns: mail.earns ? 1 : 0,
      uses: 0,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** The best of what a message could answer: to whom it was written before his colleague, the latest before older ones. */
export async function findAnswered(
  tables: Kysely<Tables>,
  subjects: TrustSubjects,
  question: {
    readonly answers: readonly string[]
    readonly author: StoredAddress | undefined
    readonly isNullSender: boolean
    readonly now: number
    readonly weights: Weights
  },
): Promise<AnsweredMail> {
  const { answers, author, isNullSender, now, weights } = question
  const { validDays, mostUses } = weights.reply
  const peer = author ? subjects.person(author.address) : ''
  const organisation = author && !author.isFreemail ? subjects.organisation(author.organisation) : ' '
  const rank = sql<number>`case when peer = ${peer} then 2 when organisation = ${organisation} then 1 else 0 end`
  const found = await tables
    .selectFrom('reply_tokens')
    .select(['token', 'peer', 'sent_at', 'earns', 'uses', rank.as('rank')])
    .where('token', 'in', answers.map(subjects.messageId))
    .where('sent_at', '>=', now - validDays * dayMs)
    // However often others answered it, a report about ours is about ours.
    .$if(!isNullSender, (query) => query.where('uses', '<', mostUses))
    // A report about an automatic answer of ours is about ours; an answer to it proves nothing.
    .$if(!isNullSender, (query) => query.where('earns', '=', 1))
    .orderBy('rank', 'desc')
    .orderBy('sent_at', 'desc')
    .orderBy('peer')
    .limit(1)
    .executeTakeFirst()
  if (!found) return answersNothing(isNullSender)
  const { token, sent_at } = found
  const answered = { token, peer: found.peer }
  const matches = ['other', 'colleague', 'exact-peer'] as const
  const match = found.earns === 1 && found.uses < mostUses ? (matches[found.rank] ?? 'none') : 'none'
  return { reply: { match, ours: isNullSender ? true : undefined, sentAt: sent_at }, answered }
}

export async function useReplyToken(
  tables: Kysely<Tables>,
  { token, peer }: { readonly token: string; readonly peer: string },
): Promise<void> {
  await tables
    .updateTable('reply_tokens')
    .set({ uses: sql`uses + 1` })
    .where('token', '=', token)
    .where('peer', '=', peer)
    .execute()
}
