import type { MimePart } from '../../message/mime-part.ts'
import { shownFileName } from '../../message/shown-file-name.ts'

const extensions: ReadonlyMap<string, string> = new Map([
  ['text/plain', 'txt'],
  ['image/jpeg', 'jpg'],
  ['image/svg+xml', 'svg'],
  ['text/calendar', 'ics'],
  ['application/octet-stream', 'bin'],
])

/** The message itself, where no page shows it; the plain page names it. */
export const textFileName = 'Nachricht.html'

/** Names for the files of a container, one for each part: readable, no path, no two alike even without case. */
export function attachmentNames(parts: readonly MimePart[]): readonly string[] {
  const taken = new Set([textFileName.toLowerCase()])
  return parts.map((part, index) => {
    const name = shownFileName(part.fileName ?? '') ?? nameless(part, index + 1)
    const [, stem = '', extension = ''] = /^(.*?)(\.[^.]*)?$/su.exec(name) ?? []
    let free = name
    for (let count = 2; taken.has(free.toLowerCase()); count++) free = `${stem} (${count})${extension}`
    taken.add(free.toLowerCase())
    return free
  })
}

function nameless({ contentType: { type, subtype } }: MimePart, number: number): string {
  if (type === 'message') return `Nachricht-${number}.eml`
  const extension = extensions.get(`${type}/${subtype}`) ?? subtype.replaceAll(/[^a-z0-9]/g, '')
  return `Anlage-${number}.${extension.slice(0, 8) || 'bin'}`
}
