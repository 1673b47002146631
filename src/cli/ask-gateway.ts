import { readSettings } from '../config/settings.ts'
import type { ControlAnswers, ControlCall, ControlInput } from '../gateway/calls/control-calls.ts'
import { askOver } from '../gateway/calls/gateway-client.ts'
import { type Options, UsageError } from './command.ts'

const patienceMs = 60_000

/** Asks the running gateway. What it refuses comes as an Error for people, a gateway that is not there as UsageError. */
export async function askGateway<Call extends ControlCall>(
  options: Pick<Options, 'settings'>,
  call: Call,
  input: ControlInput<Call>,
): Promise<ControlAnswers[Call]> {
  const { listen } = await readSettings(options.settings, process.env)
  try {
    // The gateway is ours and of the same version; its types say what it answers.
    return (await askOver(listen.gateway, call, input, patienceMs)) as ControlAnswers[Call]
  } catch (error) {
    throw notThere(listen.gateway, error)
  }
}

function notThere(path: string, error: unknown): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new UsageError(`no gateway listens on ${path}: is it running, and are these its settings?`)
    case 'EACCES':
      return new UsageError(`${path} is for root and the gateway's own user: try again as root`)
  }
  return error
}
