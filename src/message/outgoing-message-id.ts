import { ownMessageId } from './answered-message-ids.ts'
import { fieldsNamed } from './header.ts'
import type { ReceivedMessage } from './received-message.ts'

type Outgoing = Pick<ReceivedMessage, 'fields' | 'digest' | 'sender' | 'mtaName'>

/**
 * The Message-ID under which a mail of ours leaves; undefined where its own is malformed. The one that we give is made of
 * the mail's digest, so that it is the same when the mail comes again.
 */
export function outgoingMessageId(message: Outgoing): string | undefined {
  if (!lacksMessageId(message)) return ownMessageId(message.fields)
  const domain = message.sender.slice(message.sender.lastIndexOf('@') + 1) || message.mtaName
  return `<${message.digest.slice(0, 40)}@${domain}>`
}

export function lacksMessageId({ fields }: Pick<Outgoing, 'fields'>): boolean {
  return fieldsNamed(fields, 'Message-ID').length === 0
}
