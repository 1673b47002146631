import { readSettings } from '../config/settings.ts'
import { describeError, jsonLog } from '../log/json-log.ts'
import { tellSystemd } from '../log/tell-systemd.ts'
import { type Command, UsageError } from './command.ts'

/** Runs the pages for people outside in the foreground: no keys, no state, one socket to the gateway. */
export const portal: Command = {
  name: 'portal',
  usage: '',
  summary: 'run the web pages for people outside in the foreground',
  async run({ options }) {
    // Loaded only here: the other commands start without its parts.
    const { startPortal } = await import('../portal/portal.ts')
    const log = jsonLog(
      (line) => void process.stdout.write(line),
      () => new Date(),
    )
    const { listen, portal: wanted } = await readSettings(options.settings, process.env)
    if (!wanted) throw new UsageError(`${options.settings} has no portal: add the line "portal: {}"`)
    const stopped = new Promise<string>((resolve) => {
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name))
    })
    const systemd = tellSystemd(process.env, (error) =>
      log({ event: 'problem', where: 'systemd-notify', error: String(error) }),
    )
    await using running = await startPortal({
      listen: wanted.listen,
      gateway: listen.portal,
      onError: (error) => log({ event: 'problem', where: 'portal', error: describeError(error) }),
    })
    log({ event: 'portal-ready', url: running.url })
    systemd.ready()
    log({ event: 'stopping', reason: await stopped })
    systemd.stopping()
    return 0
  },
}
