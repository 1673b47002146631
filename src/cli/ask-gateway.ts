import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { readSettings } from '../config/settings.ts'
import type { ControlAnswers, ControlCall, ControlInput } from '../gateway/control-calls.ts'
import { type Options, UsageError } from './command.ts'

const Reply = z.union([
  z.strictObject({ ok: z.literal(true), answer: z.unknown() }),
  z.strictObject({ ok: z.literal(false), error: z.string() }),
])
const patienceMs = 60_000

/** Asks the running gateway. What it refuses comes as an Error for people, a gateway that is not there as UsageError. */
export async function askGateway<Call extends ControlCall>(
  options: Pick<Options, 'settings'>,
  call: Call,
  input: ControlInput<Call>,
): Promise<ControlAnswers[Call]> {
  const { listen } = await readSettings(options.settings, process.env)
  const line = await converse(listen.gateway, JSON.stringify({ call, input }))
  const reply = Reply.parse(JSON.parse(line))
  if (!reply.ok) throw new Error(reply.error)
  return reply.answer as ControlAnswers[Call] // the gateway is ours and of the same version; its types say so
}

function converse(path: string, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`${question}\n`))
    socket.setTimeout(patienceMs, () => socket.destroy(new Error('the gateway does not answer')))
    socket.once('error', (cause: NodeJS.ErrnoException) => reject(notThere(path, cause)))
    createInterface({ input: socket }).once('line', (line) => {
      resolve(line)
      socket.end()
    })
    socket.once('close', () => reject(new Error('the gateway closed the connection without an answer')))
  })
}

function notThere(path: string, cause: NodeJS.ErrnoException): Error {
  switch (cause.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new UsageError(`no gateway listens on ${path}: is it running, and are these its settings?`)
    case 'EACCES':
      return new UsageError(`${path} is for root and the gateway's own user: try again as root`)
  }
  return cause
}
