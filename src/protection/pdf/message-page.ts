import { escapeHtml } from './escape-html.ts'
import type { MessageContent } from './message-content.ts'

export interface ListedFile {
  readonly name: string
  readonly mimeType: string
  readonly bytes: number
}

/**
 * One self-contained HTML page of a message, for the renderer: nothing in it loads anything, links to anything or runs.
 * Attachments are listed on the page because many readers hide embedded files.
 */
export function messagePage(
  content: MessageContent,
  files: readonly ListedFile[],
  organization: string,
): string {
  const row = (label: string, value: string) =>
    value === '' ? '' : `<tr><th>${label}</th><td dir="auto">${escapeHtml(value)}</td></tr>`
  const bodies =
    content.bodies.length > 0 ? content.bodies : ['<p>Siehe Anlagen. / See the attached files.</p>']
  return `<!DOCTYPE html><html lang="de"><head><meta charset="utf-8"><title>${escapeHtml(content.subject)}</title>
<style>${style}</style></head><body>
<div class="firm"><div class="name">${escapeHtml(organization)}</div><div class="what">Vertrauliche Nachricht · Confidential message</div></div>
<table class="head">${row('Von / From', content.from)}${row('An / To', content.to)}${row('Datum / Date', content.date)}${row('Betreff / Subject', content.subject)}</table>
${bodies.map((body) => `<div class="message" dir="auto">${body}</div>`).join('\n')}
${files.length > 0 ? fileTable(files) : ''}</body></html>`
}

function fileTable(files: readonly ListedFile[]): string {
  const rows = files.map(
    ({ name, mimeType, bytes }) =>
      `<tr><td>${escapeHtml(name)}</td><td class="type">${escapeHtml(mimeType)}</td><td class="size">${sizeText(bytes)}</td></tr>`,
  )
  return `<div class="enclosed"><h2>Anlagen in dieser Datei / Files in this document</h2>
<table class="files"><thead><tr><th>Name</th><th>Art / Type</th><th class="size">Größe / Size</th></tr></thead><tbody>${rows.join('')}</tbody></table>
<p class="hint">Ihr PDF-Programm zeigt sie unter „Anlagen“ (Büroklammer). Zeigt Ihres keine, öffnen Sie die Datei mit Adobe Acrobat Reader oder Firefox.<br>Your PDF reader lists them under “Attachments” (paper clip). If it shows none, open the file with Adobe Acrobat Reader or Firefox.</p></div>`
}

/** Everything breaks rather than runs over the edge of the paper: what is cut off is lost. */
const style = `
@page { size: A4; margin: 18mm 20mm 20mm 20mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt "Liberation Sans", "DejaVu Sans", sans-serif; color: #666 } }
body { font: 10.5pt/1.45 "Liberation Sans", "DejaVu Sans", sans-serif; color: #111; margin: 0; overflow-wrap: anywhere }
.firm { border-bottom: 1.2pt solid #1f3a5f; padding-bottom: 2.5mm; margin-bottom: 6mm }
.firm .name { font-size: 15pt; font-weight: bold; color: #1f3a5f }
.firm .what { font-size: 8.5pt; color: #555 }
table.head { border-collapse: collapse; width: 100%; margin-bottom: 7mm; border-bottom: 0.4pt solid #999 }
.head th { text-align: left; font-weight: normal; font-size: 9pt; color: #555; padding: 0 5mm 1.2mm 0; white-space: nowrap; vertical-align: top; width: 1% }
.head td { padding-bottom: 1.2mm; vertical-align: top }
.head tr:last-child td { font-weight: bold; padding-bottom: 3mm }
.message + .message { margin-top: 5mm }
.message, .message * { max-width: 100%; box-sizing: border-box; overflow-wrap: anywhere }
.message table[border]:not([border="0"]) td, .message table[border]:not([border="0"]) th { border: 0.4pt solid #999; padding: 0.6mm 1.5mm }
.message a[title]::after { content: " [" attr(title) "]"; color: #555; font-size: 85% }
blockquote { margin: 2mm 0 2mm 0; padding-left: 3mm; border-left: 1pt solid #bbb }
pre { font: inherit; white-space: pre-wrap; margin: 0 }
.enclosed { margin-top: 9mm; border-top: 0.4pt solid #999; padding-top: 3mm }
h2 { font-size: 10.5pt; color: #1f3a5f; margin: 0 0 1.5mm; break-after: avoid }
.files { border-collapse: collapse; width: 100%; font-size: 9.5pt }
.files th { text-align: left; font-weight: normal; font-size: 8.5pt; color: #555; border-bottom: 0.6pt solid #999; padding: 0 4mm 0.8mm 0 }
.files tr { break-inside: avoid }
.files td { border-bottom: 0.3pt solid #ccc; padding: 1mm 4mm 1mm 0; vertical-align: top }
.files .type { color: #555; font-size: 8.5pt; padding-top: 1.3mm }
.files .size { text-align: right; white-space: nowrap; padding-right: 0 }
.hint { font-size: 8.5pt; color: #555; margin-top: 2.5mm }
`

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} Byte`
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} kB`
  return `${(bytes / 1e6).toFixed(1).replace('.', ',')} MB`
}
