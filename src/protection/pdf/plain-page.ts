import { PDFDocument, StandardFonts } from 'pdf-lib'
import type { MessageContent } from './message-content.ts'
import type { ListedFile } from './message-page.ts'

/** 45 lines of 15 points fit below the top of the page; a long name takes two of them. */
const maxListed = 18

/**
 * A page that always works: where no page can be drawn of a message, it says where its text is. Characters beyond
 * the standard fonts become question marks; the attached file has them all.
 */
export async function plainPage(
  content: Pick<MessageContent, 'from' | 'subject'>,
  files: readonly ListedFile[],
): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  document.setLanguage('de')
  document.setTitle('Vertrauliche Nachricht / Confidential message')
  const font = await document.embedFont(StandardFonts.Helvetica)
  const known = new Set(font.getCharacterSet())
  const printable = (text: string) =>
    Array.from(text.slice(0, 200), (character) =>
      known.has(character.codePointAt(0) ?? 0) ? character : '?',
    ).join('')
  const lines = [
    `Von / From: ${content.from}`,
    `Betreff / Subject: ${content.subject}`,
    '',
    'Der Text dieser Nachricht liegt als Anlage „Nachricht.html“ in dieser Datei (Büroklammer).',
    'The text of this message is attached to this document as "Nachricht.html" (paper clip).',
    '',
    ...files.slice(0, maxListed).map(({ name }) => `Anlage / Attachment: ${name}`),
    ...(files.length > maxListed
      ? [`und ${files.length - maxListed} weitere / and ${files.length - maxListed} more`]
      : []),
  ]
  const page = document.addPage([595, 842])
  page.drawText(lines.map(printable).join('\n'), {
    x: 50,
    y: 780,
    size: 10,
    lineHeight: 15,
    font,
    maxWidth: 495,
  })
  return document.save({ useObjectStreams: false })
}
