import { type AskScorer, type ContentScore, converse } from './content-scorer.ts'

/** Names of all rules; SpamAssassin has some thousand, of which dozens match. */
const maxAnswerBytes = 64 * 1024

/** SpamAssassin's spamd by SPAMC/1.5: SYMBOLS tells the score and the names of the rules that matched. */
export const askSpamd: AskScorer = async (address, _message, content, signal) => {
  async function* request() {
    yield Buffer.from(`SYMBOLS SPAMC/1.5\r\nContent-length: ${content.size}\r\n\r\n`)
    yield* content.stream()
  }
  return readSpamdAnswer((await converse(address, request(), maxAnswerBytes, signal)).toString('latin1'))
}

/** `SPAMD/1.1 0 EX_OK`, headers of which `Spam: False ; 1.0 / 5.0` is one, a blank line, the rules. */
export function readSpamdAnswer(answer: string): ContentScore {
  const end = answer.indexOf('\r\n\r\n')
  const head = end < 0 ? answer : answer.slice(0, end)
  const status = /^SPAMD\/\d{1,3}\.\d{1,3} (\d{1,3}) ([A-Z_]{1,30})/.exec(head)
  if (!status) throw new Error('no answer of spamd')
  if (status[1] !== '0') throw new Error(`spamd says ${status[1]} ${status[2]}`)
  const score = /^Spam: *(?:True|False|Yes|No) *; *(-?\d{1,6}(?:\.\d{1,6})?) *\/ *-?\d/im.exec(head)?.[1]
  if (end < 0 || score === undefined) throw new Error('an answer of spamd without a score')
  // Content-length tells that nothing was cut off.
  const length = /^Content-length: *(\d{1,9})\r?$/im.exec(head)?.[1]
  const body = answer.slice(end + 4)
  if (length !== undefined && body.length < Number(length))
    throw new Error('an answer of spamd that was cut off')
  return { score: Number(score), rules: body.trim().split(/[,\s]+/) }
}
