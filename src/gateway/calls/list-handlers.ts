import { readListed } from '../../policy/match-sender.ts'
import type { PolicySet } from '../../policy/policy.ts'
import type { SenderEntries, SenderEntry } from '../../storage/sender-entries.ts'
import type { EntriesInForce } from '../rules-with-entries.ts'
import { type CallHandlers, ControlRefusal } from './control-server.ts'
import type { ListAnswers, listCalls } from './list-calls.ts'

export interface ListParts {
  readonly storage: { readonly senderEntries: SenderEntries }
  readonly entries: Pick<EntriesInForce, 'refresh'>
  /** The policy files alone. */
  readonly policies: { readonly inForce: Pick<PolicySet, 'block' | 'allow'> }
  readonly ownDomains: readonly string[]
  readonly now: () => Date
}

/** What an administrator does with the block and allow list by command. It is in force when the answer comes. */
export function listHandlers(parts: ListParts): CallHandlers<typeof listCalls, ListAnswers> {
  const { storage, entries, policies, now } = parts
  const { senderEntries } = storage
  const put = async (entry: SenderEntry) => {
    if (entry.until !== undefined && entry.until < now().toISOString().slice(0, 10))
      throw new ControlRefusal(`${entry.until} has passed: the entry would say nothing.`)
    await senderEntries.put(entry)
    await entries.refresh()
    return { sender: entry.sender }
  }
  return {
    async 'block-add'(entry) {
      const sender = listed(entry.sender)
      if (parts.ownDomains.includes(sender))
        throw new ControlRefusal(`${sender} is our own domain: mail in its name must prove itself anyway.`)
      return put({ ...entry, sender, list: 'block', addedAt: now() })
    },
    'allow-add': async (entry) =>
      put({ ...entry, sender: listed(entry.sender), list: 'allow', addedAt: now() }),
    async 'entry-list'({ list }) {
      const own = (await senderEntries.all()).filter((entry) => entry.list === list)
      const shown = own.map((entry) => {
        const { list: _list, ...rest } = entry
        return rest
      })
      return [...shown, ...policies.inForce[list]]
    },
    async 'entry-remove'({ list, sender: written, by, reason }) {
      const sender = listed(written)
      const removed = await senderEntries.remove(list, sender, { at: now(), who: by, reason })
      await entries.refresh()
      const inFile = policies.inForce[list].some((entry) => readListed(entry.sender) === sender)
      if (!removed && inFile)
        throw new ControlRefusal(`The entry about ${sender} stands in a policy file: remove it there.`)
      return { removed }
    },
  }
}

function listed(text: string): string {
  const sender = readListed(text)
  if (sender === undefined)
    throw new ControlRefusal(`${text} is not an address, domain, *.domain, IP address or network.`)
  return sender
}
