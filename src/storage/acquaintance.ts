import type { Weights } from '../trust/weights.ts'
import { decayed, validMs } from './count-kind.ts'
import { type CountRow, countsOf } from './count-rows.ts'
import type { Database } from './database.ts'
import type { CorrespondentName } from './sealed-name.ts'
import type { Acquaintance } from './trust-memory.ts'
import { storedAddress, type TrustSubjects } from './trust-subjects.ts'

/** Of whoever has more, the rest looks the same. */
const mostRefusals = 100

/** Everything that is remembered of one address outside, for whoever asks. */
export async function acquaintance(
  database: Database,
  subjects: TrustSubjects,
  names: CorrespondentName,
  wanted: string,
  at: Date,
  weights: Weights,
): Promise<Acquaintance> {
  const { address, organisation, isFreemail } = storedAddress(wanted)
  const now = at.getTime()
  const person = subjects.person(address)
  const ident = isFreemail ? (['address', address] as const) : (['domain', organisation] as const)
  const asked = {
    address: subjects.count('address', address),
    domain: isFreemail ? '' : subjects.count('domain', organisation),
    accepted: subjects.count('accepted', ...ident),
    refused: subjects.count('refused', ...ident),
    signed: subjects.count('signed', organisation),
    spf: subjects.count('spf', organisation),
    origin: subjects.count('origin', organisation),
  }
  return database.read(async (tables) => {
    const rows = await countsOf(tables, Object.values(asked))
    const pairs = await tables
      .selectFrom('relations')
      .selectAll()
      .where('outside', '=', person)
      .orderBy('last_at', 'desc')
      .execute()
    const { tokens } = await tables
      .selectFrom('reply_tokens')
      .select(({ fn }) => fn.countAll().as('tokens'))
      .where('peer', '=', person)
      .executeTakeFirstOrThrow()
    const refusals = await tables
      .selectFrom('refusals')
      .selectAll()
      .where('author', '=', person)
      .orderBy('at', 'desc')
      .limit(mostRefusals)
      .execute()
    const count = (name: keyof typeof asked) => {
      const row = rows.get(asked[name])
      return row ? decayed(row, now, weights) : 0
    }
    const isSeen = (name: 'signed' | 'spf' | 'origin') =>
      (rows.get(asked[name])?.last_at ?? 0) >= now - (validMs(name, weights) ?? 0)
    const known = rows.get(asked.address)
    return {
      relation: {
        pair: Math.max(0, ...pairs.map((row) => decayed(row, now, weights))),
        address: count('address'),
        domain: count('domain'),
        firstAt: known?.first_at,
        lastAt: known?.last_at,
      },
      writers: pairs.length,
      writerNames: pairs.flatMap((row) => names.open(row) ?? []),
      history: {
        accepted: count('accepted'),
        refused: count('refused'),
        seen: { signed: isSeen('signed'), spf: isSeen('spf'), origin: isSeen('origin') },
      },
      tokens: Number(tokens),
      refusals: refusals.map(({ reference, at: refusedAt, open_until }) => ({
        reference,
        at: new Date(refusedAt),
        openUntil: open_until === null ? undefined : new Date(open_until),
      })),
    }
  })
}

/** The latest of each are enough to find those that count most; a relation of years is written to now and then. */
const mostRead = 20_000

export async function correspondedDomains(
  database: Database,
  names: CorrespondentName,
  limit: number,
  now: Date,
  weights: Weights,
): Promise<readonly string[]> {
  const worth = (row: CountRow) => decayed(row, now.getTime(), weights)
  return (await namedRows(database, 'domain', mostRead))
    .filter((row) => worth(row) > weights.relation.forgottenBelow)
    .toSorted((a, b) => worth(b) - worth(a))
    .slice(0, limit)
    .flatMap((row) => names.open(row) ?? [])
}

export async function namedCorrespondents(
  database: Database,
  names: CorrespondentName,
  limit: number,
): Promise<readonly { readonly address: string; readonly lastAt: Date }[]> {
  return (await namedRows(database, 'address', limit)).flatMap((row) => {
    const address = names.open(row)
    return address === undefined ? [] : [{ address, lastAt: new Date(row.last_at) }]
  })
}

const namedRows = (database: Database, kind: 'address' | 'domain', limit: number) =>
  database.read((tables) =>
    tables
      .selectFrom('relations')
      .selectAll()
      .where('kind', '=', kind)
      .where('name', 'is not', null)
      .orderBy('last_at', 'desc')
      .limit(limit)
      .execute(),
  )
