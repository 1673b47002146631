import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'
import { storedAddress, type TrustSubjects } from './trust-subjects.ts'

/**
 * Deletes what is remembered of one address, be it outside or one of ours: also what belongs to both addresses of a pair.
 * What is remembered of its domain stays, unless the domain gives addresses to everybody: it is about an organisation.
 */
export async function forgetAddress(
  tables: Kysely<Tables>,
  subjects: TrustSubjects,
  wanted: string,
): Promise<number> {
  const { address } = storedAddress(wanted)
  const person = subjects.person(address)
  const named = [
    subjects.count('address', address),
    subjects.count('accepted', 'address', address),
    subjects.count('refused', 'address', address),
    subjects.count('refused', 'address', address, 'shared'),
    subjects.count('suspicious', person),
    subjects.count('healing', person),
  ]
  const counts = await tables
    .deleteFrom('relations')
    .where((where) =>
      where.or([where('subject', 'in', named), where('outside', '=', person), where('inside', '=', person)]),
    )
    .executeTakeFirstOrThrow()
  const tokens = await tables.deleteFrom('reply_tokens').where('peer', '=', person).executeTakeFirstOrThrow()
  const refusals = await tables.deleteFrom('refusals').where('author', '=', person).executeTakeFirstOrThrow()
  return [counts, tokens, refusals].reduce((sum, { numDeletedRows }) => sum + Number(numDeletedRows), 0)
}
