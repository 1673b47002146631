import sanitizeHtml from 'sanitize-html'

/** What the first page of a container shows. All of it is text of others until it has been escaped. */
export interface PageContent {
  readonly from: string
  readonly to: string
  readonly date: string
  readonly subject: string
  readonly body:
    | { readonly kind: 'html'; readonly html: string }
    | { readonly kind: 'text'; readonly text: string }
  /** Pictures of the HTML by Content-ID, as data: URLs. */
  readonly pictures: ReadonlyMap<string, string>
  readonly attachments: readonly { readonly name: string; readonly type: string; readonly bytes: number }[]
}

/**
 * One self-contained HTML page of a message, for the renderer: nothing in it loads anything, links to anything or runs.
 * Attachments are listed on the page because many readers hide embedded files.
 */
export function messagePage(content: PageContent): string {
  const row = (label: string, value: string) => `<tr><th>${label}</th><td>${escapeHtml(value)}</td></tr>`
  const files = content.attachments.map(
    ({ name, type, bytes }) =>
      `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(type)}</td><td class="size">${sizeText(bytes)}</td></tr>`,
  )
  const body =
    content.body.kind === 'html'
      ? `<div>${cleanHtml(content.body.html, content.pictures)}</div>`
      : `<pre>${escapeHtml(content.body.text)}</pre>`
  return `<!DOCTYPE html><html lang="de"><head><meta charset="utf-8"><title>${escapeHtml(content.subject)}</title><style>
@page { size: A4; margin: 20mm 18mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #555 } }
body { font: 10.5pt/1.45 "Liberation Sans", "DejaVu Sans", sans-serif; color: #111; overflow-wrap: anywhere }
table.head { border-collapse: collapse; margin-bottom: 6mm; border-bottom: 0.4pt solid #999; width: 100% }
.head th { text-align: left; font-weight: normal; color: #555; padding: 0 5mm 1mm 0; white-space: nowrap; vertical-align: top; width: 1% }
.head td { padding-bottom: 1mm } pre { font: inherit; white-space: pre-wrap; margin: 0 } img { max-width: 100% }
h2 { font-size: 10.5pt; margin: 8mm 0 1mm; border-top: 0.4pt solid #999; padding-top: 4mm } .files { border-collapse: collapse; width: 100%; font-size: 9.5pt }
.files td { border-bottom: 0.3pt solid #ccc; padding: 1mm 4mm 1mm 0 } .size { text-align: right; white-space: nowrap } .hint { font-size: 8.5pt; color: #555 }
</style></head><body><table class="head">${row('Von / From', content.from)}${row('An / To', content.to)}${row('Datum / Date', content.date)}${row('Betreff / Subject', content.subject)}</table>
${body}${
  files.length > 0
    ? `<h2>Anlagen in dieser Datei / Files in this document</h2><table class="files">${files.join('')}</table>
<p class="hint">Ihr PDF-Programm zeigt sie unter „Anlagen“ (Büroklammer). Zeigt Ihres keine, öffnen Sie die Datei mit Adobe Acrobat Reader oder Firefox.<br>Your PDF reader lists them under “Attachments” (paper clip). If it shows none, open the file with Adobe Acrobat Reader or Firefox.</p>`
    : ''
}</body></html>`
}

/** Form without function: no address is kept but a picture that came with the mail (EFAIL, PDFex: nothing may call out). */
function cleanHtml(html: string, pictures: ReadonlyMap<string, string>): string {
  return sanitizeHtml(html, {
    allowedTags: [
      ...sanitizeHtml.defaults.allowedTags,
      'img',
      'font',
      'center',
      'u',
      's',
      'strike',
      'big',
    ].filter((tag) => tag !== 'a'),
    allowedAttributes: {
      '*': ['align', 'style', 'dir', 'lang'],
      img: ['src', 'alt', 'width', 'height'],
      td: ['colspan', 'rowspan', 'width', 'valign', 'bgcolor'],
      th: ['colspan', 'rowspan', 'width', 'valign', 'bgcolor'],
      table: ['width', 'border', 'cellpadding', 'cellspacing', 'bgcolor'],
      font: ['color', 'size', 'face'],
    },
    allowedSchemes: ['data'],
    allowedStyles: {
      '*': Object.fromEntries(harmlessStyles.map((name) => [name, [/^[\w\s.,%#"'-]{1,120}$/]])),
    },
    exclusiveFilter: ({ tag, attribs }) => tag === 'img' && !attribs.src,
    transformTags: {
      img: (tagName, attribs) => ({
        tagName,
        attribs: { ...attribs, src: pictureSource(attribs.src, pictures) },
      }),
    },
  })
}

/** Values may hold no parenthesis, so no url(), and nothing that leaves the page's flow. */
const harmlessStyles = [
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
  'padding',
  'padding-left',
  'margin',
  'margin-left',
  'margin-top',
  'margin-bottom',
  'border',
  'border-bottom',
  'border-collapse',
]

function pictureSource(source: string | undefined, pictures: ReadonlyMap<string, string>): string {
  if (source?.startsWith('cid:')) return pictures.get(decodeCid(source.slice(4))) ?? ''
  return source && /^data:image\/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=]+$/.test(source) ? source : ''
}

function decodeCid(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // RFC 2392 wants %-encoding; mail programs that do not encode write a lone % sometimes
  }
}

export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} Byte`
  if (bytes < 1e6) return `${Math.round(bytes / 1000)} kB`
  return `${(bytes / 1e6).toFixed(1).replace('.', ',')} MB`
}
