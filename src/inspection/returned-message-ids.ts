import { ownMessageId } from '../message/answered-message-ids.ts'
import { decodedBytes } from '../message/decode-body.ts'
import { parseHeader } from '../message/header.ts'
import { latin1 } from '../message/latin1.ts'
import type { MimePart } from '../message/mime-part.ts'
import type { ReceivedMessage } from '../message/received-message.ts'

/** As Postfix limits a header by itself; who returns more returns what he was sent. */
const headerBytes = 102_400
/** A report tells first what it is about. */
const textBytes = 65_536
const mostOfEach = 3
const mostParts = 100

/**
 * The identifiers of the messages that a report is about: what tells a bounce of our own mail from one of mail that others
 * sent in our name. Messages that it returns, whole or their header (RFC 3462, RFC 6533 6), the field of a receipt
 * (RFC 8098 3.2.5), and lines of its text, in which qmail returns all. Nobody but us knows the identifiers of our mail, so it does
 * not matter where one stands.
 */
export async function returnedMessageIds({ source, tree }: ReceivedMessage): Promise<readonly string[]> {
  const returned: MimePart[] = []
  const told: MimePart[] = []
  const waiting: MimePart[] = [tree.root]
  for (let seen = 0; waiting.length > 0 && seen < mostParts; seen += 1) {
    const part = waiting.shift()
    if (!part) break
    const type = `${part.contentType.type}/${part.contentType.subtype}`
    if (part !== tree.root && messages.has(type)) returned.push(part)
    else if (words.has(type)) told.push(part)
    else waiting.push(...part.children.slice(0, mostParts))
  }
  const ids = await Promise.all([
    ...returned.slice(0, mostOfEach).map(async (part) => {
      const { fields } = parseHeader(await decodedBytes(source, part, headerBytes))
      return ownMessageId(fields) ?? []
    }),
    ...told
      .slice(0, mostOfEach)
      .map(async (part) => namedIn(latin1(await decodedBytes(source, part, textBytes)))),
  ])
  return [...new Set(ids.flat())]
}

const messages = new Set([
  'message/rfc822',
  'text/rfc822-headers',
  'message/global',
  'message/global-headers',
])
const words = new Set([
  'text/plain',
  'message/delivery-status',
  'message/disposition-notification',
  'message/global-delivery-status',
  'message/global-disposition-notification',
])

const namedLine = /^[ \t>]{0,20}(?:X-)?(?:Original-)?Message-ID:[ \t]{0,20}(<[^<>\s]{1,996}>)/gim

function namedIn(text: string): string[] {
  return [...text.matchAll(namedLine)].slice(0, mostOfEach).flatMap(([, id]) => id ?? [])
}
