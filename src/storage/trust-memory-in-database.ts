import { acquaintance, correspondedDomains, namedCorrespondents } from './acquaintance.ts'
import { addCounts, type Counted, countsOf } from './count-rows.ts'
import type { Database } from './database.ts'
import { isFirst } from './effects-in-database.ts'
import { forgetAddress } from './forget-address.ts'
import { addRefusal, healByReference } from './heal-windows.ts'
import { learnSentMail } from './learn-sent-mail.ts'
import { pruneTrust } from './prune-trust.ts'
import { recall } from './recall.ts'
import { useReplyToken } from './reply-tokens.ts'
import type { Seal } from './seal.ts'
import { correspondentName } from './sealed-name.ts'
import type { TrustMemory } from './trust-memory.ts'
import { storedAddress, trustSubjects } from './trust-subjects.ts'

/** `key` is for the hashes alone, `seal` for the names that are kept. */
export function trustMemoryInDatabase(database: Database, key: Uint8Array, seal: Seal): TrustMemory {
  const subjects = trustSubjects(key)
  const names = correspondentName(seal)
  return {
    recall: (question) => recall(database, subjects, question),
    learnSent: (sent, effect, weights, clearText = false) =>
      database.transact(async (tables) => {
        if (!(await isFirst(tables, subjects.effect('learn', effect), sent.at)))
          return { limitReached: false }
        const sealName = (subject: string, name: string, isPerson: boolean) =>
          isPerson && !clearText ? undefined : names.seal(subject, name)
        return learnSentMail(tables, subjects, sent, weights, sealName)
      }),
    learnAccepted: (sender, lessons, effect, at, weights) =>
      database.transact(async (tables) => {
        if (!(await isFirst(tables, subjects.effect('accepted', effect), at))) return
        const time = at.getTime()
        const { seen } = sender
        const counted: Counted[] = [
          { subject: sender.accepted, kind: 'accepted', weight: 1, at: time },
          ...lessons.seen.flatMap((kind) =>
            seen ? [{ subject: seen[kind], kind, weight: 1, at: time }] : [],
          ),
          ...(lessons.provenAnswers > 0 ? sender.origins : []).map((subject) => ({
            ...({ subject, kind: 'answered-from', weight: 1, at: time } as const),
            mails: lessons.provenAnswers,
          })),
        ]
        await addCounts(tables, counted, weights)
        if (sender.answered) await useReplyToken(tables, sender.answered)
      }),
    learnRefused: (sender, lessons, reference, effect, at, weights) =>
      database.transact(async (tables) => {
        if (!(await isFirst(tables, subjects.effect('refused', effect), at))) return
        const time = at.getTime()
        const counted: Counted[] = [
          ...(lessons.counts
            ? [{ subject: sender.refused, kind: 'refused', weight: 1, at: time } as const]
            : []),
          ...(lessons.suspicious && sender.suspicious !== undefined
            ? [{ subject: sender.suspicious, kind: 'suspicious', weight: 1, at: time } as const]
            : []),
        ]
        await addCounts(tables, counted, weights)
        const { author, ident, network } = sender
        if (lessons.healable && author !== undefined)
          await addRefusal(tables, { reference, at: time, author, ident, network })
      }),
    heal: (reference, now, weights) =>
      database.transact(async (tables) => {
        const until = await healByReference(tables, subjects, reference, now.getTime(), weights)
        return until === undefined ? undefined : new Date(until)
      }),
    async lastSentTo(address) {
      const subject = subjects.count('address', storedAddress(address).address)
      const row = (await database.read((tables) => countsOf(tables, [subject]))).get(subject)
      return row && new Date(row.last_at)
    },
    about: (address, now, weights) => acquaintance(database, subjects, names, address, now, weights),
    domains: (limit, now, weights) => correspondedDomains(database, names, limit, now, weights),
    named: (limit) => namedCorrespondents(database, names, limit),
    forget: (address) => database.transact((tables) => forgetAddress(tables, subjects, address)),
    prune: (now, weights, noContactSince, namesSince) =>
      pruneTrust(database, now, weights, noContactSince, namesSince),
  }
}
