import { connect } from 'node:net'
import { z } from 'zod'

const Reply = z.union([
  z.strictObject({ ok: z.literal(true), answer: z.unknown() }),
  z.strictObject({ ok: z.literal(false), error: z.string() }),
])
/** Certificates of some thousand employees with their chains, in base64. */
const maxReplyBytes = 32 * 1024 * 1024

/**
 * Asks a running gateway over one of its sockets and gives the answer, which the caller's table of calls has a type
 * for. What the gateway refuses is an Error for people; a gateway that is not there is the system's own error, with its
 * code (ENOENT, ECONNREFUSED, EACCES).
 */
export async function askOver(
  path: string,
  call: string,
  input: object,
  patienceMs: number,
): Promise<unknown> {
  const reply = Reply.parse(JSON.parse(await converse(path, JSON.stringify({ call, input }), patienceMs)))
  if (!reply.ok) throw new Error(reply.error)
  return reply.answer
}

function converse(path: string, question: string, patienceMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`${question}\n`))
    // For the whole conversation: a gateway that drips would be waited for without end.
    const patience = setTimeout(() => socket.destroy(new Error('the gateway does not answer')), patienceMs)
    const chunks: Buffer[] = []
    let received = 0
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      received += chunk.length
      if (received > maxReplyBytes) socket.destroy(new Error('the answer of the gateway is too long'))
      else if (chunk.at(-1) === 0x0a) {
        resolve(Buffer.concat(chunks).toString('utf8'))
        socket.end()
      }
    })
    socket.once('error', reject)
    socket.once('close', () => {
      clearTimeout(patience)
      reject(new Error('the gateway closed the connection without an answer'))
    })
  })
}
