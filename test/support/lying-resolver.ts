import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { decode, encode } from 'dns-packet'

/** What a name server says to every question that is none: no answer to it, so nobody knows. */
export const lies = {
  'bytes that are no DNS message': () => Buffer.from('this is no DNS message'),
  'the answer to another question': (query: Buffer) => {
    const { id = 0 } = decode(query)
    const name = 'elsewhere.example'
    return encode({
      type: 'response',
      id,
      questions: [{ type: 'A', class: 'IN', name }],
      answers: [{ type: 'A', name, data: '192.0.2.99' }],
    })
  },
  'an answer under another number': (query: Buffer) => {
    const { id = 0, questions = [] } = decode(query)
    return encode({ type: 'response', id: (id + 1) % 65_536, questions, answers: [] })
  },
  'a refusal': (query: Buffer) => {
    const { id = 0, questions = [] } = decode(query)
    return encode({ type: 'response', id, flags: 5, questions, answers: [] })
  },
} satisfies Record<string, (query: Buffer) => Buffer>

export type Lie = keyof typeof lies

/** A name server that tells one lie to every question over UDP; nobody listens over TCP. */
export async function startLyingResolver(address: string, port: number, lie: Lie): Promise<AsyncDisposable> {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => socket.send(lies[lie](query), from.port, from.address))
  socket.bind(port, address)
  await once(socket, 'listening')
  return { [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())) }
}
