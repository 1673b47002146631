import { parseAddressList, type ShownMailbox } from './address-list.ts'
import { fieldsNamed, unfold } from './header.ts'
import type { HeaderField } from './header-field.ts'
import { type ParsedMailbox, parseMailbox } from './mailbox.ts'

export type ParsedPath = ParsedMailbox | { readonly kind: 'null' }

/**
 * A reverse- or forward-path as a milter gives it: latin1 bytes, with or without brackets (RFC 5321 4.1.2). `null` is
 * the null reverse-path. Source routes are refused: nobody needs them, and they hide the real domain.
 */
export function parsePath(path: string): ParsedPath {
  const trimmed = path.trim()
  const isBracketed = trimmed.startsWith('<')
  if (isBracketed !== trimmed.endsWith('>')) return { kind: 'malformed', reason: 'brackets' }
  const inner = isBracketed ? trimmed.slice(1, -1) : trimmed
  if (inner === '') return { kind: 'null' }
  if (inner.startsWith('@')) return { kind: 'malformed', reason: 'source route' }
  return parseMailbox(inner)
}

/** Who the message says it is from; only one author can be authenticated (RFC 7489 6.6.1). */
export type Author =
  | ({ readonly kind: 'author' } & ShownMailbox)
  | { readonly kind: 'none' | 'several' }
  | { readonly kind: 'malformed'; readonly reason: string }

/** The author of the From field. Two From fields are `several`, even if they are equal (RFC 5322 3.6). */
export function authorOf(fields: readonly HeaderField[]): Author {
  const [from, ...more] = fieldsNamed(fields, 'From')
  if (!from) return { kind: 'none' }
  if (more.length > 0) return { kind: 'several' }
  const list = parseAddressList(from.value)
  if (list.kind === 'malformed') return authorWithBareComma(from.value) ?? list
  const [author, ...others] = list.mailboxes
  if (!author) return { kind: 'none' }
  return others.length > 0 ? { kind: 'several' } : { kind: 'author', ...author }
}

/**
 * `Doe, John <a@example.org>`: a name with a comma should stand in quotes, and mail programs show it as one name all the
 * same. Only where nothing else could be meant: words without "@" or any other sign, then one address in brackets.
 */
function authorWithBareComma(value: string): Author | undefined {
  const [, name, angle] =
    /^([^<>@"():;,[\]\\]+(?:,[^<>@"():;,[\]\\]+)+)(<[^<>"(),:;\\]+>)\s*$/.exec(unfold(value)) ?? []
  if (name === undefined || angle === undefined) return undefined
  const list = parseAddressList(`"${name.trim()}" ${angle}`)
  if (list.kind === 'malformed' || list.mailboxes.length !== 1) return undefined
  const [author] = list.mailboxes
  return author && { kind: 'author', ...author }
}
