import { ownMessageId } from '../message/answered-message-ids.ts'
import { decodedBytes } from '../message/decode-body.ts'
import { parseHeader } from '../message/header.ts'
import type { MimePart } from '../message/mime-part.ts'
import type { ReceivedMessage } from '../message/received-message.ts'

/** As Postfix limits a header by itself; who returns more returns what he was sent. */
const headerBytes = 102_400
const mostReturned = 3
const mostParts = 100

/**
 * The identifiers of the messages that a report returns, whole or their header alone (RFC 3462 2 and 3, RFC 6533 6): what
 * tells a bounce of our own mail from one of mail that others sent in our name.
 */
export async function returnedMessageIds({ source, tree }: ReceivedMessage): Promise<readonly string[]> {
  const returned: MimePart[] = []
  const waiting: MimePart[] = [tree.root]
  for (let seen = 0; waiting.length > 0 && seen < mostParts && returned.length < mostReturned; seen += 1) {
    const part = waiting.shift()
    if (!part) break
    const { type, subtype } = part.contentType
    if (part !== tree.root && isReturned(`${type}/${subtype}`)) returned.push(part)
    else waiting.push(...part.children.slice(0, mostParts))
  }
  const ids = await Promise.all(
    returned.map(async (part) =>
      ownMessageId(parseHeader(await decodedBytes(source, part, headerBytes)).fields),
    ),
  )
  return ids.filter((id) => id !== undefined)
}

const isReturned = (type: string) =>
  ['message/rfc822', 'text/rfc822-headers', 'message/global', 'message/global-headers'].includes(type)
