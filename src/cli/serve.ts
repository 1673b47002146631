import { readSettings } from '../config/settings.ts'
import { jsonLog } from '../log/json-log.ts'
import { tellSystemd, watchdogInterval } from '../log/tell-systemd.ts'
import { startGateway } from '../main.ts'
import type { Command } from './command.ts'

/** Runs the gateway in the foreground until SIGTERM or SIGINT; SIGHUP reads the policies again. */
export const serve: Command = {
  name: 'serve',
  usage: '',
  summary: 'run the gateway in the foreground',
  async run({ options }) {
    const log = jsonLog(
      (line) => void process.stdout.write(line),
      () => new Date(),
    )
    const settings = await readSettings(options.settings, process.env)
    const tell = tellSystemd(process.env, (error) =>
      log({ event: 'problem', where: 'systemd-notify', error: String(error) }),
    )
    const stopped = signalled(['SIGTERM', 'SIGINT'])
    await using gateway = await startGateway(settings, log)
    tell('READY=1')
    const interval = watchdogInterval(process.env)
    const alive = interval === undefined ? undefined : setInterval(() => tell('WATCHDOG=1'), interval)
    process.on('SIGHUP', () => {
      tell('RELOADING=1')
      void gateway.reload().finally(() => tell('READY=1'))
    })
    const reason = await stopped
    log({ event: 'stopping', reason })
    tell('STOPPING=1')
    clearInterval(alive)
    return 0
  },
}

function signalled(names: readonly NodeJS.Signals[]): Promise<string> {
  return new Promise((resolve) => {
    for (const name of names) process.once(name, () => resolve(name))
  })
}
