import { readSettings } from '../config/settings.ts'
import { jsonLog } from '../log/json-log.ts'
import { tellSystemd } from '../log/tell-systemd.ts'
import type { Command } from './command.ts'

/** Runs the gateway in the foreground until SIGTERM or SIGINT; SIGHUP reads the policies again. */
export const serve: Command = {
  name: 'serve',
  usage: '',
  summary: 'run the gateway in the foreground',
  async run({ options }) {
    // Loaded only here: the other commands start without its parts.
    const { startGateway } = await import('../main.ts')
    const log = jsonLog(
      (line) => void process.stdout.write(line),
      () => new Date(),
    )
    const settings = await readSettings(options.settings, process.env)
    const systemd = tellSystemd(process.env, (error) =>
      log({ event: 'problem', where: 'systemd-notify', error: String(error) }),
    )
    const stopped = signalled(['SIGTERM', 'SIGINT'])
    await using gateway = await startGateway(settings, log)
    systemd.ready()
    process.on('SIGHUP', () => {
      systemd.reloading()
      void gateway.reload().finally(() => systemd.ready())
    })
    log({ event: 'stopping', reason: await stopped })
    systemd.stopping()
    return 0
  },
}

function signalled(names: readonly NodeJS.Signals[]): Promise<string> {
  return new Promise((resolve) => {
    for (const name of names) process.once(name, () => resolve(name))
  })
}
