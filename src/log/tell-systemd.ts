import { execFile } from 'node:child_process'

/** What a service tells systemd of itself (sd_notify(3)). */
export interface ServiceState {
  /** Ready, from now on alive: the watchdog hears of us as long as our event loop turns. */
  ready(): void
  reloading(): void
  stopping(): void
}

/**
 * Tells systemd by its own program: Node has no datagram sockets of the unix family. Without NOTIFY_SOCKET there is
 * nobody to tell. A failure is nothing to stop mail for; systemd's watchdog will judge it.
 */
export function tellSystemd(
  environment: Readonly<Record<string, string | undefined>>,
  onError: (error: unknown) => void,
): ServiceState {
  if (!environment.NOTIFY_SOCKET) return { ready() {}, reloading() {}, stopping() {} }
  const tell = (state: string) => {
    execFile('systemd-notify', [`--pid=${process.pid}`, state], { timeout: 5000 }, (error) => {
      if (error) onError(error)
    })
  }
  const watchdogMicroseconds = Number(environment.WATCHDOG_USEC)
  let alive: NodeJS.Timeout | undefined
  return {
    ready() {
      tell('READY=1')
      // Twice as often as asked (sd_watchdog_enabled(3)).
      if (watchdogMicroseconds > 0)
        alive ??= setInterval(() => tell('WATCHDOG=1'), watchdogMicroseconds / 2000)
    },
    reloading: () => tell('RELOADING=1'),
    stopping() {
      clearInterval(alive)
      tell('STOPPING=1')
    },
  }
}
