import type { DnsAnswers, Lookup } from '../../src/inspection/resolver.ts'

/** Answers by name (lower-case) and record type; a string is the code of the failure. Names that are missing do not exist. */
export type Zone = Readonly<Record<string, Readonly<Record<string, DnsAnswers | string>>>>

/** A DNS of our own, in memory. `asked` collects the questions. */
export function zoneLookup(zone: Zone, asked: string[] = []): Lookup {
  return async (name, rrtype) => {
    asked.push(`${rrtype} ${name}`)
    const recordsOf = (owner: string) => zone[owner.toLowerCase().replace(/\.$/, '')]
    let records = recordsOf(name)
    for (let alias = records?.CNAME?.[0]; typeof alias === 'string' && !records?.[rrtype]; ) {
      records = recordsOf(alias)
      alias = records?.CNAME?.[0]
    }
    const answers = records?.[rrtype]
    if (typeof answers === 'string') throw Object.assign(new Error(answers), { code: answers })
    if (answers) return [...answers]
    throw Object.assign(new Error('no answer'), { code: records ? 'ENODATA' : 'ENOTFOUND' })
  }
}
