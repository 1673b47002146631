import { Readable } from 'node:stream'
import type { ByteSource } from '../message/byte-source.ts'
import { type NoticeHouse, openTransport } from './notice-transport.ts'

/** A mail that the gateway writes itself, to people of the house only. */
export interface Notice {
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  /** The part before the @ of the Message-ID: the same for the same notice, so that a repetition is seen as one. */
  readonly messageIdLocal: string
  /** Message-ID of the mail that it is about, in angle brackets. */
  readonly inReplyTo?: string
  readonly attachment?: { readonly fileName: string; readonly content: ByteSource }
}

/**
 * Hands a notice to Postfix; resolves with its 250. The null reverse-path and Auto-Submitted keep machines from
 * answering it (RFC 3834 3.1.7, 3.1.8).
 */
export async function sendNotice(notice: Notice, house: NoticeHouse): Promise<void> {
  const { domain, name } = house.organization
  const transport = openTransport(house)
  try {
    const sent = await transport.sendMail({
      envelope: { from: '', to: [...notice.to] },
      from: { name: `${name} (Postsiegel)`, address: `postsiegel@${domain}` },
      to: [...notice.to],
      subject: notice.subject,
      text: notice.text,
      messageId: `<${notice.messageIdLocal}@${domain}>`,
      ...(notice.inReplyTo === undefined
        ? {}
        : { inReplyTo: notice.inReplyTo, references: notice.inReplyTo }),
      headers: { 'Auto-Submitted': 'auto-generated' },
      ...(notice.attachment
        ? {
            attachments: [
              {
                filename: notice.attachment.fileName,
                content: Readable.from(notice.attachment.content.stream()),
                // Said, because it is guessed from the name else: what is called x.eml would be rewritten as a message.
                contentType: 'application/octet-stream',
                contentTransferEncoding: 'base64',
              },
            ],
          }
        : {}),
    })
    if (sent.rejected.length > 0)
      throw new Error(`Postfix refused ${sent.rejected.length} of ${notice.to.length} recipients`)
  } finally {
    transport.close()
  }
}
