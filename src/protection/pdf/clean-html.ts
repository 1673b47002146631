import sanitizeHtml from 'sanitize-html'
import { escapeHtml, withoutControls } from './escape-html.ts'

export interface CleanHtml {
  readonly html: string
  /** The Content-IDs of the pictures that stand in it. */
  readonly shown: ReadonlySet<string>
}

/** A mail may refer to one picture a thousand times; each time costs its whole size. */
const maxPictureCharacters = 12 * 1024 * 1024

/**
 * Form without function: of HTML that somebody wrote, what a page needs to look alike. No address is kept but a
 * picture that came with the mail (EFAIL, PDFex: nothing may call out); where a link led stands behind it as text.
 * `pictures` are data: URLs by Content-ID.
 */
export function cleanHtml(html: string, pictures: ReadonlyMap<string, string>): CleanHtml {
  const clean = sanitizeHtml(html, {
    allowedTags: [...sanitizeHtml.defaults.allowedTags, 'img', 'font', 'center', 'u', 's', 'strike', 'big'],
    allowedAttributes: {
      '*': ['align', 'style', 'dir', 'lang'],
      a: ['title'],
      img: ['src', 'alt'],
      td: ['colspan', 'rowspan', 'valign'],
      th: ['colspan', 'rowspan', 'valign'],
      table: ['border'],
    },
    allowedSchemes: ['data'],
    // Styles are judged here: the parser of sanitize-html writes what it cannot read, so content, to the log.
    parseStyleAttributes: false,
    nonTextTags: ['style', 'script', 'textarea', 'option', 'noscript', 'title'],
    transformTags: {
      a: (tagName, { href, style }) => ({
        tagName,
        attribs: { ...target(href), ...(style ? { style } : {}) },
      }),
      img: (tagName, { src, ...attribs }) => {
        const source = pictureSource(src)
        return source === undefined
          ? { tagName: 'span', attribs: {} }
          : { tagName, attribs: { src: source, alt: attribs.alt ?? '', style: sizedStyle(attribs) } }
      },
      '*': (tagName, { style, ...attribs }) => ({
        tagName,
        attribs:
          style === undefined ? attribs : { ...attribs, style: harmlessStyle(style, isTable(tagName)) },
      }),
    },
  })
  // A link whose text is its address already needs no second one.
  const plain = clean.replaceAll(/<a title="([^"]*)">([^<]*)<\/a>/g, (link, address: string, text: string) =>
    bareAddress(address) === bareAddress(text) ? `<a>${text}</a>` : link,
  )
  return withPictures(withoutControls(plain), pictures)
}

/**
 * A picture of the HTML itself, or the place of one that came with the mail. Those are put in last: sanitize-html copies
 * its output again and again.
 */
function pictureSource(address: string | undefined): string | undefined {
  if (address?.startsWith('cid:'))
    return `${placeOfPicture}${encodeURIComponent(decodeCid(address.slice(4)))}`
  return address && /^data:image\/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=]+$/.test(address)
    ? address
    : undefined
}

/** Nobody else can write it into a src: of data, only the three kinds of pictures get that far. */
const placeOfPicture = 'data:image/x-cid,'

function withPictures(html: string, pictures: ReadonlyMap<string, string>): CleanHtml {
  const shown = new Set<string>()
  let room = maxPictureCharacters
  const filled = html.replaceAll(/ src="data:image\/x-cid,([^"]*)"/g, (_, encoded: string) => {
    const contentId = decodeURIComponent(encoded)
    const url = pictures.get(contentId)
    if (!url || url.length > room) return ''
    room -= url.length
    shown.add(contentId)
    return ` src="${url}"`
  })
  return { html: filled, shown }
}

/** Shown by the page's style; never an address of the document. */
function target(href: string | undefined): { readonly title?: string } {
  const address = href?.trim() ?? ''
  return /^(?:https?:\/\/|mailto:|tel:)[!-~]{1,2000}$/i.test(address) ? { title: address } : {}
}

function bareAddress(text: string): string {
  return text
    .trim()
    .replace(/^(?:https?:\/\/|mailto:|tel:)/i, '')
    .replace(/\/$/, '')
}

/** HTML's own attributes come first, so that a style outweighs them. */
function sizedStyle({ width, height, style }: sanitizeHtml.Attributes): string {
  const size = (name: string, value: string | undefined) =>
    value && /^\d{1,4}(?:px)?$/.test(value) ? `${name}:${Number.parseInt(value, 10)}px;` : ''
  return `${size('width', width)}${size('height', height)}${style ?? ''}`
}

/**
 * Values hold no parenthesis but that of a colour, so no url() and no expression(); nothing leaves the flow of the page,
 * and nothing keeps a line from breaking: what runs over the edge of the paper would be lost.
 */
function harmlessStyle(style: string, table: boolean): string {
  return style
    .split(';')
    .map((declaration) => declaration.split(/:(.*)/s).map((piece) => piece.trim()))
    .filter(([name = '', value = '']) => harmlessNames.has(name.toLowerCase()) && harmlessValue.test(value))
    .filter(([name = '', value = '']) => !overTheEdge(name.toLowerCase(), value.toLowerCase(), table))
    .map(([name = '', value = '']) => `${name.toLowerCase()}:${value}`)
    .join(';')
}

/** Tables do not heed max-width: only what is told in per cent fits the paper. */
function overTheEdge(name: string, value: string, table: boolean): boolean {
  if (name === 'white-space') return value.includes('nowrap') || value === 'pre'
  return table && name === 'width' && !value.endsWith('%')
}

function isTable(tagName: string): boolean {
  return /^(?:table|t[dhr]|col(?:group)?)$/.test(tagName)
}

/** A value of a style that names nothing to fetch: no parenthesis but that of a colour, no backslash, no at sign. */
export const harmlessValue = /^(?:rgba?\([\d\s.,%]{1,40}\)|[\w\s.,%#"'-]{1,120})$/
const harmlessNames = new Set([
  'color',
  'background-color',
  'font-family',
  'font-size',
  'font-style',
  'font-weight',
  'line-height',
  'text-align',
  'text-decoration',
  'vertical-align',
  'white-space',
  'width',
  'height',
  'padding',
  'padding-left',
  'margin',
  'margin-top',
  'margin-bottom',
  'border',
  'border-bottom',
  'border-collapse',
])

function decodeCid(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // RFC 2392 wants %-encoding; mail programs that do not encode write a lone % sometimes
  }
}

/** Text as a block of HTML: line ends stay, long lines break. */
export function textAsHtml(text: string): string {
  return `<pre>${escapeHtml(text)}</pre>`
}
