import { decodeText } from './encoded-words.ts'
import { unfold } from './header.ts'
import { type Mailbox, parseMailbox } from './mailbox.ts'

/** A mailbox of a header with the name that is shown for it; the name may say anything. */
export interface ShownMailbox extends Mailbox {
  readonly name: string | undefined
}

export type AddressList =
  | { readonly kind: 'list'; readonly mailboxes: readonly ShownMailbox[] }
  | { readonly kind: 'malformed'; readonly reason: string }

/**
 * The mailboxes of a From, Sender, Reply-To, To or Cc value (RFC 5322 3.4): groups, comments, quoted strings and encoded
 * words. Tolerated, because people write it: "@" and dots in a display name, empty list items. Refused, because
 * readers would disagree about who is meant: routes, two addresses in one item, text around an address.
 */
export function parseAddressList(value: string): AddressList {
  const tokens = tokensOf(unfold(value))
  if (typeof tokens === 'string') return { kind: 'malformed', reason: tokens }
  const mailboxes: ShownMailbox[] = []
  let item: Token[] = []
  let inGroup = false
  for (const token of [...tokens, { kind: 'special', text: ',' } as const]) {
    if (token.kind !== 'special' || token.text === '@') {
      item.push(token)
    } else if (token.text === ':') {
      if (inGroup || item.length === 0) return { kind: 'malformed', reason: 'misplaced colon' }
      inGroup = true
      item = []
    } else {
      if (token.text === ';' && !inGroup) return { kind: 'malformed', reason: 'misplaced semicolon' }
      if (item.length > 0) {
        const read = readItem(item)
        if (typeof read === 'string') return { kind: 'malformed', reason: read }
        mailboxes.push(read)
      }
      if (token.text === ';') inGroup = false
      item = []
    }
  }
  return inGroup ? { kind: 'malformed', reason: 'group without end' } : { kind: 'list', mailboxes }
}

interface Token {
  /** `angle` is the text between < and >, without comments. */
  readonly kind: 'word' | 'quoted' | 'comment' | 'angle' | 'special'
  readonly text: string
}

function readItem(item: readonly Token[]): ShownMailbox | string {
  const comment = item.find(({ kind }) => kind === 'comment')?.text
  const tokens = item.filter(({ kind }) => kind !== 'comment')
  const angles = tokens.filter(({ kind }) => kind === 'angle')
  if (angles.length > 1) return 'two addresses in one place'
  const [angle] = angles
  if (angle && tokens.at(-1) !== angle) return 'text behind an address'
  const words = tokens.filter((token) => token !== angle)
  const written = angle ? angle.text : addressOf(words)
  if (written === undefined) return 'text around an address'
  const parsed = parseMailbox(written)
  if (parsed.kind === 'malformed') return parsed.reason
  // RFC 822 programs put the name into a comment behind the address.
  const name = angle
    ? words
        .map(({ text }) => text)
        .join(' ')
        .replaceAll(' @ ', '@')
    : (comment ?? '')
  return { ...parsed.mailbox, name: decodeText(name).trim() || undefined }
}

/** An address without brackets: word @ word, where blanks around the sign are obsolete but harmless. */
function addressOf(tokens: readonly Token[]): string | undefined {
  const [local, sign, domain, ...more] = tokens
  if (more.length > 0 || sign?.text !== '@' || domain?.kind !== 'word') return undefined
  if (local?.kind === 'quoted') return `${requoted(local.text)}@${domain.text}`
  return local?.kind === 'word' ? `${local.text}@${domain.text}` : undefined
}

function requoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** The tokens of an unfolded value, in one pass; a reason if it ends inside one. */
function tokensOf(text: string): readonly Token[] | string {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const character = text[at] ?? ''
    if (character === ' ' || character === '\t') {
      at += 1
    } else if (character === '(') {
      const comment = readComment(text, at)
      if (!comment) return 'comment without end'
      tokens.push({ kind: 'comment', text: comment.text })
      at = comment.next
    } else if (character === '"') {
      const quoted = readQuoted(text, at)
      if (!quoted) return 'quoted string without end'
      tokens.push({ kind: 'quoted', text: quoted.text })
      at = quoted.next
    } else if (character === '<') {
      const angle = readAngle(text, at)
      if (!angle) return 'address without end'
      tokens.push({ kind: 'angle', text: angle.text })
      at = angle.next
    } else if (',:;@'.includes(character)) {
      tokens.push({ kind: 'special', text: character })
      at += 1
    } else if (character === '[') {
      const end = text.indexOf(']', at)
      if (end < 0) return 'address literal without end'
      tokens.push({ kind: 'word', text: text.slice(at, end + 1) })
      at = end + 1
    } else if ('>)]'.includes(character)) {
      return `misplaced ${character}`
    } else {
      const start = at
      while (at < text.length && !' \t()<>[]:;@,"'.includes(text[at] ?? '')) at += 1
      tokens.push({ kind: 'word', text: text.slice(start, at) })
    }
  }
  return tokens
}

interface Read {
  readonly text: string
  readonly next: number
}

function readComment(text: string, start: number): Read | undefined {
  let depth = 0
  let content = ''
  for (let at = start; at < text.length; at += 1) {
    const character = text[at] ?? ''
    if (character === '\\') {
      at += 1
      content += text[at] ?? ''
      continue
    }
    if (character === '(') depth += 1
    if (character === ')') depth -= 1
    if (depth === 0) return { text: content.slice(1), next: at + 1 }
    content += character
  }
  return undefined
}

function readQuoted(text: string, start: number): Read | undefined {
  let content = ''
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at] ?? ''
    if (character === '"') return { text: content, next: at + 1 }
    if (character === '\\') at += 1
    content += text[at] ?? ''
  }
  return undefined
}

/** Up to the closing bracket that stands in no quoted string or comment; blanks and comments are left out. */
function readAngle(text: string, start: number): Read | undefined {
  let content = ''
  let at = start + 1
  while (at < text.length) {
    const character = text[at] ?? ''
    if (character === '>') return { text: content, next: at + 1 }
    if (character === '<') return undefined
    const inner =
      character === '"' ? readQuoted(text, at) : character === '(' ? readComment(text, at) : undefined
    if (inner) {
      if (character === '"') content += requoted(inner.text)
      at = inner.next
    } else {
      if (character !== ' ' && character !== '\t') content += character
      at += 1
    }
  }
  return undefined
}
