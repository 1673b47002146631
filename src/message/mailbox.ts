import { latin1Bytes } from './latin1.ts'

/** A mail address in one form, whatever way it was written. */
export interface Mailbox {
  /** Without quotes, in the case in which it came: only its own host may ignore case (RFC 5321 2.4). */
  readonly local: string
  /** Lower-case A-labels, or an address literal in brackets. */
  readonly domain: string
  /** `local@domain`, the local part quoted only where it must be. */
  readonly address: string
}

export type ParsedMailbox =
  | { readonly kind: 'mailbox'; readonly mailbox: Mailbox }
  | { readonly kind: 'malformed'; readonly reason: string }

const malformed = (reason: string): ParsedMailbox => ({ kind: 'malformed', reason })

// RFC 5321 4.5.3.1, RFC 1035 2.3.4, in octets.
const longestLocal = 64
const longestDomain = 255
const longestLabel = 63

// RFC 5322 3.2.3 atext, and UTF-8 beyond ASCII (RFC 6531 3.3).
const dotAtom = /^[\w!#$%&'*+/=?^`{|}~\u00a0-\u{10ffff}-]+(?:\.[\w!#$%&'*+/=?^`{|}~\u00a0-\u{10ffff}-]+)*$/u

/** Reads `local@domain`, given as latin1 bytes, without brackets, comments or white space around it. */
export function parseMailbox(latin1Text: string): ParsedMailbox {
  const text = fromUtf8(latin1Text)
  if (text === undefined) return malformed('bytes that are not UTF-8')
  if (/\p{Cc}/u.test(text)) return malformed('control characters')
  const at = text.lastIndexOf('@')
  if (at < 0) return malformed('no domain')
  const local = parseLocal(text.slice(0, at))
  if (local === undefined) return malformed('local part')
  // Programs disagree about where such an address ends, and send mail to the wrong domain.
  if (local.includes('@')) return malformed('at sign in the local part')
  if (new TextEncoder().encode(local).length > longestLocal) return malformed('local part too long')
  const domain = parseDomain(text.slice(at + 1))
  if (domain === undefined) return malformed('domain')
  return { kind: 'mailbox', mailbox: { local, domain, address: `${quotedIfNeeded(local)}@${domain}` } }
}

function isAscii(text: string): boolean {
  return !/[^ -~\p{Cc}]/u.test(text) && !/[\u0080-\u009f]/.test(text)
}

function fromUtf8(latin1Text: string): string | undefined {
  if (isAscii(latin1Text)) return latin1Text
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(latin1Bytes(latin1Text))
  } catch {
    return undefined
  }
}

function parseLocal(text: string): string | undefined {
  if (!text.startsWith('"')) return dotAtom.test(text) ? text : undefined
  if (text.length < 3 || !text.endsWith('"')) return undefined
  let local = ''
  for (let at = 1; at < text.length - 1; at += 1) {
    const character = text[at]
    if (character === '"') return undefined
    if (character === '\\') {
      at += 1
      if (at === text.length - 1) return undefined
    }
    local += text[at] ?? ''
  }
  return local
}

function quotedIfNeeded(local: string): string {
  return dotAtom.test(local) ? local : `"${local.replace(/["\\]/g, '\\$&')}"`
}

/** A domain in the one form that we compare: lower-case A-labels, or an address literal; undefined if it is none. */
export function parseDomain(text: string): string | undefined {
  if (text.startsWith('['))
    return /^\[(?:ipv6:)?[0-9a-f.:]{2,45}\]$/i.test(text) ? text.toLowerCase() : undefined
  if (text.length > longestDomain) return undefined
  const ascii = isAscii(text) ? text.toLowerCase() : toALabels(text)
  if (ascii === undefined || ascii.length > longestDomain) return undefined
  const labels = ascii.split('.')
  const isValid = labels.every(
    (label) => label.length <= longestLabel && /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/.test(label),
  )
  // RFC 3696 2: a top-level domain is not all digits; an IP address without brackets is no domain.
  return isValid && !/^[0-9]+$/.test(labels.at(-1) ?? '') ? ascii : undefined
}

/** The WHATWG URL parser applies UTS 46 without a look-up; it is the only such function outside node:url. */
function toALabels(text: string): string | undefined {
  // Everything that could end the host name or make it something else.
  if (/[^\w.\u00a0-\u{10ffff}-]/u.test(text)) return undefined
  try {
    return new URL(`http://${text}/`).hostname
  } catch {
    return undefined
  }
}
