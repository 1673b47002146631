import type { PolicySet } from '../policy/policy.ts'
import type { SenderEntries, SenderEntry } from '../storage/sender-entries.ts'

/** The entries of the lists that were made by command, as they were when they were last read. */
export interface EntriesInForce {
  /** The policies with these entries in front of their own: who types a command means it now. */
  rules(set: PolicySet): PolicySet
  /** Reads them again; after a change, and now and then, since another node may have changed them. */
  refresh(): Promise<void>
}

/** Fails if the entries cannot be read: nobody who is blocked gets in because the database was slow to start. */
export async function entriesInForce(stored: Pick<SenderEntries, 'all'>): Promise<EntriesInForce> {
  let entries = await stored.all()
  let before: { readonly set: PolicySet; readonly entries: readonly SenderEntry[]; readonly rules: PolicySet }
  let reading = Promise.resolve()
  const join = (set: PolicySet) => {
    const block = entries.filter((entry) => entry.list === 'block')
    const allow = entries.filter((entry) => entry.list === 'allow')
    return {
      set,
      entries,
      rules: { ...set, block: [...block, ...set.block], allow: [...allow, ...set.allow] },
    }
  }
  return {
    rules(set) {
      // The same lists for all mail, as long as nothing changes: they are looked up by an index.
      if (before?.set !== set || before.entries !== entries) before = join(set)
      return before.rules
    },
    refresh() {
      // One after the other, so that what was read last was written last.
      const read = reading.then(async () => {
        entries = await stored.all()
      })
      reading = read.catch(() => undefined)
      return read
    },
  }
}
