import { parseAddressList, type ShownMailbox } from '../message/address-list.ts'
import { fieldsNamed } from '../message/header.ts'
import type { HeaderField } from '../message/header-field.ts'
import { isOwnDomain } from '../policy/is-own-domain.ts'
import type { SeenPerson } from '../storage/known-people.ts'
import { personKey } from '../trust/display-name.ts'

/** A mail of a person has a few; what has more is a mailing. */
const maxPeople = 25

/**
 * The people whose names a mail of ours shows: its author, who is one of us, and outside of us those it is written to. Names
 * that our people gave their own addresses in To and Cc count for nobody: an author names himself.
 */
export function peopleInMail(
  fields: readonly HeaderField[],
  ownDomains: readonly string[],
): readonly SeenPerson[] {
  const named = (field: string) =>
    fieldsNamed(fields, field).flatMap(({ value }) => {
      const list = parseAddressList(value)
      return list.kind === 'list' ? list.mailboxes : []
    })
  const seen = ({ name, address, domain }: ShownMailbox): SeenPerson[] => {
    const person = personKey(name ?? '')
    return person === undefined ? [] : [{ person, address, own: isOwnDomain(domain, ownDomains) }]
  }
  const authors = named('From')
    .flatMap(seen)
    .filter(({ own }) => own)
  const peers = [...named('To'), ...named('Cc')]
  if (peers.length > maxPeople) return authors
  return [...authors, ...peers.flatMap(seen).filter(({ own }) => !own)]
}
