import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** A reply as it was on the wire, all lines joined by LF. */
export interface Reply {
  readonly code: number
  readonly text: string
}

export interface Submission {
  readonly port: number
  readonly host?: string
  /** The client that Postfix shall believe in (XCLIENT); loopback if absent. */
  readonly client?: { readonly address: string; readonly name?: string; readonly helo?: string }
  readonly sender: string
  readonly recipients: readonly string[]
  /** CRLF line ends, not dot-stuffed. */
  readonly message: string | Uint8Array
}

export interface SubmissionResult {
  /** The reply that decided: to the end of the message, or the first refusal before it. */
  readonly reply: Reply
  readonly recipients: readonly { readonly address: string; readonly reply: Reply }[]
}

const limitMs = 300_000

/** Hands one message to an SMTP server and tells what was answered (RFC 5321; Postfix XCLIENT_README). */
export async function sendMail(submission: Submission): Promise<SubmissionResult> {
  const socket = createConnection({ port: submission.port, host: submission.host ?? '127.0.0.1' })
  socket.setTimeout(limitMs, () => socket.destroy(new Error('The SMTP server did not answer in time')))
  try {
    await once(socket, 'connect')
    return await converse(socket, submission)
  } finally {
    socket.destroy()
  }
}

async function converse(socket: Socket, submission: Submission): Promise<SubmissionResult> {
  const nextReply = replies(socket)
  const say = async (line: string) => {
    socket.write(`${line}\r\n`)
    return nextReply()
  }
  const { client, sender, recipients } = submission
  const accepted: { address: string; reply: Reply }[] = []
  const give = (reply: Reply): SubmissionResult => ({ reply, recipients: accepted })

  const greeting = await nextReply()
  if (greeting.code !== 220) return give(greeting)
  const helo = client?.helo ?? client?.name ?? 'client.example'
  const hello = await say(`EHLO ${client ? 'localhost' : helo}`)
  if (hello.code !== 250) return give(hello)
  if (client) {
    const address = client.address.includes(':') ? `IPV6:${client.address}` : client.address
    const believed = await say(`XCLIENT NAME=${client.name ?? '[UNAVAILABLE]'} ADDR=${address}`)
    if (believed.code !== 220) return give(believed)
    const again = await say(`EHLO ${helo}`)
    if (again.code !== 250) return give(again)
  }
  const mail = await say(`MAIL FROM:<${sender}>`)
  if (mail.code !== 250) return give(mail)
  for (const address of recipients) accepted.push({ address, reply: await say(`RCPT TO:<${address}>`) })
  const refused = accepted.find(({ reply }) => reply.code >= 300)
  if (refused && !accepted.some(({ reply }) => reply.code < 300)) return give(refused.reply)
  const data = await say('DATA')
  if (data.code !== 354) return give(data)
  socket.write(dotStuffed(Buffer.from(submission.message)))
  const final = await say('.')
  await say('QUIT').catch(() => undefined)
  return give(final)
}

/** RFC 5321 4.5.2, and a line end at the end. */
function dotStuffed(message: Buffer): Buffer {
  const text = message.toString('latin1').replaceAll(/(^|\n)\./g, '$1..')
  return Buffer.from(text.endsWith('\r\n') ? text : `${text}\r\n`, 'latin1')
}

function replies(socket: Socket): () => Promise<Reply> {
  const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })[
    Symbol.asyncIterator
  ]()
  // The interface re-emits no socket errors: remember them for whoever waits for a reply.
  let broken: Error | undefined
  socket.on('error', (error) => {
    broken = error
  })
  return async () => {
    const text: string[] = []
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw broken ?? new Error('The SMTP server closed the connection')
      text.push(value)
      // RFC 5321 4.2.1: a hyphen behind the code announces another line.
      if (value[3] !== '-') return { code: Number(value.slice(0, 3)), text: text.join('\n') }
    }
  }
}
