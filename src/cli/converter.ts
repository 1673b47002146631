import { readSettings } from '../config/settings.ts'
import { describeError, jsonLog } from '../log/json-log.ts'
import { tellSystemd } from '../log/tell-systemd.ts'
import type { Command } from './command.ts'

/** Runs the zone for hostile documents in the foreground: no keys, no state, no network. */
export const converter: Command = {
  name: 'converter',
  usage: '',
  summary: 'run the converter for hostile documents in the foreground',
  async run({ options }) {
    // Loaded only here: the other commands start without its parts.
    const { serveConverter } = await import('../converter/serve.ts')
    const log = jsonLog(
      (line) => void process.stdout.write(line),
      () => new Date(),
    )
    const { listen } = await readSettings(options.settings, process.env)
    const stopped = new Promise<string>((resolve) => {
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name))
    })
    const systemd = tellSystemd(process.env, (error) =>
      log({ event: 'problem', where: 'systemd-notify', error: String(error) }),
    )
    await using server = await serveConverter({
      listen: listen.converter,
      onEvent: (happened) => {
        if (happened.kind === 'error')
          log({ event: 'problem', where: 'converter', error: describeError(happened.error) })
        else log({ event: 'converter', happened })
      },
    })
    await server.confined
    systemd.ready()
    log({ event: 'stopping', reason: await stopped })
    systemd.stopping()
    return 0
  },
}
