import sanitizeHtml from 'sanitize-html'
import { harmlessValue } from './pdf/clean-html.ts'

/**
 * HTML that fetches nothing when it is shown: of what calls out, only the form stays. undefined if it fetches nothing as
 * it is. Content that somebody may have changed in its ciphertext must not call out: the address could carry the plain
 * text away (EFAIL, CBC gadgets). Links stay, because a link is followed by a person.
 */
export function withoutRemoteContent(html: string): string | undefined {
  return mayFetch(html) ? cleaned(html) : undefined
}

/** Rather once too often: false only if nothing in it looks like a way out. */
function mayFetch(html: string): boolean {
  let found = stylesMayFetch(html) || commentsMayFetch(html)
  let isEnded = false
  // The open end of a tag, a comment or a style takes in what a program puts behind it.
  sanitizeHtml(`${html}<${endMark}>`, {
    parseStyleAttributes: false,
    onOpenTag: (tag, attributes) => {
      if (tag === endMark) isEnded = true
      if (active.has(tag)) found = true
      for (const [name, value] of Object.entries(attributes)) {
        if (attributeMayFetch(tag, name, value)) found = true
      }
    },
  })
  return found || !isEnded
}

const endMark = 'end-of-this-part'

/** Elements that run, embed or change where addresses lead; in foreign content (svg, math) other rules of reading hold. */
const active = new Set(
  'applet audio base bgsound embed frame iframe ilayer layer link math object script source svg track video'.split(
    ' ',
  ),
)

function attributeMayFetch(tag: string, name: string, value: string): boolean {
  if (name === 'style') return styleMayFetch(value) || /\\/.test(value)
  if (/^xmlns/.test(name) || (name === 'href' && (tag === 'a' || tag === 'area'))) return false
  // Browsers drop these before they read an address, and take a backslash for a slash.
  const address = value.replaceAll(/[\t\n\r\0]/g, '')
  if (/^\s*data:image\/(?:png|jpeg|gif|webp|bmp);base64,[A-Za-z0-9+/=\s]*$/.test(address)) return false
  return /[/\\]{2}|(?:https?|ftp|file|smb|wss?|imap|news|javascript|vbscript|data|blob):/i.test(address)
}

/** `url(#default#VML)` stands in every mail of Outlook, and leads nowhere. */
function styleMayFetch(style: string): boolean {
  return /@import|image-set|image\(|url|src\s*\(|expression|binding/i.test(
    style.replaceAll(/url\(["']?#[\w#-]*["']?\)/gi, ''),
  )
}

/** A backslash hides letters in CSS: `u\rl(`. Outlook's `v\:*` hides none. */
function stylesMayFetch(html: string): boolean {
  return between(html, '<style', '</style').some((style) => styleMayFetch(style) || /\\[\w\r\n]/.test(style))
}

/** Outlook reads what stands in conditional comments. */
function commentsMayFetch(html: string): boolean {
  return between(html, '<!--[if', '-->').some(
    (comment) => styleMayFetch(comment) || /\b(?:src|href|background|srcset|data)\s*=/i.test(comment),
  )
}

/** What lies between two marks, each time; without a second one, all the rest. */
function between(text: string, from: string, to: string): readonly string[] {
  const lower = text.toLowerCase()
  const found: string[] = []
  for (let start = lower.indexOf(from); start >= 0; ) {
    const end = lower.indexOf(to, start)
    found.push(text.slice(start + from.length, end < 0 ? text.length : end))
    start = end < 0 ? -1 : lower.indexOf(from, end)
  }
  return found
}

function cleaned(html: string): string {
  return sanitizeHtml(html, {
    allowedTags: [...sanitizeHtml.defaults.allowedTags, 'img', 'font', 'center', 'u', 's', 'strike', 'big'],
    allowedAttributes: {
      '*': ['align', 'style', 'dir', 'lang', 'bgcolor', 'color', 'width', 'height'],
      a: ['href', 'title', 'name'],
      font: ['face', 'size', 'color'],
      img: ['src', 'alt'],
      td: ['colspan', 'rowspan', 'valign'],
      th: ['colspan', 'rowspan', 'valign'],
      table: ['border', 'cellpadding', 'cellspacing'],
    },
    allowedSchemes: ['http', 'https', 'mailto', 'tel'],
    allowedSchemesByTag: { img: ['cid', 'data'] },
    allowProtocolRelative: false,
    // The parser of sanitize-html writes what it cannot read, so content, to the log.
    parseStyleAttributes: false,
    nonTextTags: ['style', 'script', 'textarea', 'option', 'noscript', 'title'],
    transformTags: {
      '*': (tagName, attributes) => ({ tagName, attribs: harmlessAttributes(tagName, attributes) }),
    },
  })
}

function harmlessAttributes(
  tag: string,
  { style, ...attributes }: sanitizeHtml.Attributes,
): sanitizeHtml.Attributes {
  const kept = Object.entries(attributes).filter(([name, value]) => !attributeMayFetch(tag, name, value))
  const declarations = (style ?? '').split(';').filter((declaration) => {
    const [, name, value] = /^\s*([a-z-]{1,40})\s*:\s*([\s\S]*?)\s*$/i.exec(declaration) ?? []
    return name !== undefined && value !== undefined && harmlessValue.test(value)
  })
  return {
    ...Object.fromEntries(kept),
    ...(declarations.length > 0 ? { style: declarations.join(';') } : {}),
  }
}
