import { execFile } from 'node:child_process'

/**
 * Tells systemd how we are (sd_notify(3)), by its own program: Node has no datagram sockets of the unix family.
 * Without NOTIFY_SOCKET there is nobody to tell. A failure is nothing to stop mail for; the watchdog would.
 */
export function tellSystemd(
  environment: Readonly<Record<string, string | undefined>>,
  onError: (error: unknown) => void,
): (state: string) => void {
  if (!environment.NOTIFY_SOCKET) return () => undefined
  return (state) => {
    execFile('systemd-notify', [`--pid=${process.pid}`, state], { timeout: 5000 }, (error) => {
      if (error) onError(error)
    })
  }
}

/** Half of the time after which systemd takes us for dead, in milliseconds; undefined without a watchdog. */
export function watchdogInterval(
  environment: Readonly<Record<string, string | undefined>>,
): number | undefined {
  const microseconds = Number(environment.WATCHDOG_USEC)
  return microseconds > 0 ? microseconds / 2000 : undefined
}
