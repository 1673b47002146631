import { strToU8, zipSync } from 'fflate'
import MailComposer from 'nodemailer/lib/mail-composer'

export interface Letter {
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly attachment?: {
    readonly fileName: string
    readonly content: Uint8Array | string
    readonly type?: string
  }
}

/** A message as a mail program would write it. */
export function compose(letter: Letter): Promise<Buffer> {
  const { attachment } = letter
  const composer = new MailComposer({
    from: letter.from,
    to: [...letter.to],
    subject: letter.subject,
    text: letter.text,
    newline: 'windows',
    ...(attachment
      ? {
          attachments: [
            {
              filename: attachment.fileName,
              content: Buffer.from(attachment.content),
              ...(attachment.type === undefined ? {} : { contentType: attachment.type }),
            },
          ],
        }
      : {}),
  })
  return composer.compile().build()
}

export const docxType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const packageNames = 'http://schemas.openxmlformats.org/package/2006'
const officeNames = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

/** A small Word file (ECMA-376) with these paragraphs of plain ASCII text. */
export function wordFile(paragraphs: readonly string[]): Uint8Array {
  const xml = (body: string) => strToU8(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${body}`)
  const text = paragraphs.map((each) => `<w:p><w:r><w:t>${each}</w:t></w:r></w:p>`).join('')
  return zipSync({
    '[Content_Types].xml': xml(
      `<Types xmlns="${packageNames}/content-types">` +
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
        `<Override PartName="/word/document.xml" ContentType="${docxType}.main+xml"/></Types>`,
    ),
    '_rels/.rels': xml(
      `<Relationships xmlns="${packageNames}/relationships"><Relationship Id="rId1" ` +
        `Type="${officeNames}/officeDocument" Target="word/document.xml"/></Relationships>`,
    ),
    'word/document.xml': xml(
      '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">' +
        `<w:body>${text}</w:body></w:document>`,
    ),
  })
}
