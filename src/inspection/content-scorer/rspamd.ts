import { z } from 'zod'
import type { ReceivedMessage } from '../../message/received-message.ts'
import { type AskScorer, type ContentScore, converse } from './content-scorer.ts'

const maxAnswerBytes = 1024 * 1024
/** A thousand recipients would make a header that no server takes. */
const maxRecipients = 50

/**
 * What we judge ourselves, or what means nothing here, such as greylisting: with it the same observation would weigh twice.
 * Lists of links, fuzzy hashes and words stay on.
 */
const settings = JSON.stringify({
  groups_disabled: ['spf', 'dkim', 'dmarc', 'arc', 'hfilter', 'rbl'],
  symbols_disabled: ['DATE_IN_PAST', 'GREYLIST_CHECK'],
})

/** Rspamd refuses mail at 15 and marks it at 6, where SpamAssassin has 4 to 5. */
const perSpamAssassin = 1.5

/** Rspamd over HTTP at its worker (`POST /checkv2`); its action is ignored, its score is one observation of many. */
export const askRspamd: AskScorer = async (address, message, content, signal) => {
  async function* request() {
    yield Buffer.from(requestHead(address, message, content.size), 'latin1')
    yield* content.stream()
  }
  return readRspamdAnswer(await converse(address, request(), maxAnswerBytes, signal))
}

function requestHead(address: string, message: ReceivedMessage, length: number): string {
  const { client, sender, recipients, queueId, mtaName } = message
  const fields: (readonly [name: string, value: string | undefined])[] = [
    ['Host', /^inet:(.+)$/.exec(address)?.[1] ?? 'localhost'],
    ['Connection', 'close'],
    ['Content-Length', `${length}`],
    ['Settings', settings],
    ['IP', client.address],
    ['Helo', client.helo],
    ['Hostname', client.hostName],
    ['From', sender],
    ...recipients.slice(0, maxRecipients).map((recipient) => ['Rcpt', recipient] as const),
    ['Queue-Id', queueId],
    ['MTA-Name', mtaName],
  ]
  const lines = fields.flatMap(([name, value]) => {
    // Whatever a client said must not become a field of its own.
    const clean = value?.replaceAll(/[^ -~\x80-\xff]/g, '').slice(0, 1000)
    return clean ? [`${name}: ${clean}\r\n`] : []
  })
  // HTTP/1.0, so that the answer comes in one piece.
  return `POST /checkv2 HTTP/1.0\r\n${lines.join('')}\r\n`
}

const Answer = z.object({
  is_skipped: z.boolean().optional(),
  score: z.number(),
  symbols: z.record(z.string(), z.object({ score: z.number().optional() })).default({}),
})

/** What remembers senders for itself, or whitelists them: that is what the Level of Trust is for. */
const remembers =
  /^(?:.*(?:WHITELIST|WELCOMELIST|REPUTATION).*|REPLY|KNOWN_SENDER|INC_MAIL_KNOWN.*|RATELIMIT.*)$/

/** The answer of `/checkv2` with its HTTP header; the score on the scale of SpamAssassin. */
export function readRspamdAnswer(answer: Buffer): ContentScore {
  const end = answer.indexOf('\r\n\r\n')
  const head = answer.toString('latin1', 0, Math.max(0, end))
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]
  if (status === undefined) throw new Error('no answer of HTTP')
  if (status !== '200') throw new Error(`rspamd answers ${status}`)
  const parsed = Answer.safeParse(parse(bodyOf(head, answer.subarray(end + 4))))
  if (!parsed.success) throw new Error('an answer that is not that of rspamd')
  if (parsed.data.is_skipped) throw new Error('it skipped the message')
  const { symbols } = parsed.data
  const matched = Object.entries(symbols)
  const remembered = matched.filter(([name]) => remembers.test(name))
  const score = remembered.reduce((sum, [, symbol]) => sum - (symbol.score ?? 0), parsed.data.score)
  return { score: score / perSpamAssassin, rules: matched.map(([name]) => name) }
}

function bodyOf(head: string, body: Buffer): string {
  const length = /^Content-Length: *(\d{1,9})\r?$/im.exec(head)?.[1]
  if (length !== undefined && body.length < Number(length)) throw new Error('an answer that was cut off')
  return body.toString('utf8', 0, length === undefined ? body.length : Number(length))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
