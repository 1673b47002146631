import type { Log } from './events.ts'

/** Writes each event as one JSON line with its time; journald or the caller keeps them. */
export function jsonLog(write: (line: string) => void, now: () => Date): Log {
  return (event) => write(`${JSON.stringify({ at: now().toISOString(), ...event })}\n`)
}

/** What an error says with all its causes, for the log only: never for the other side. */
export function describeError(error: unknown): string {
  const parts: string[] = []
  for (let current: unknown = error; current !== undefined && parts.length < 5; ) {
    parts.push(current instanceof Error ? `${current.name}: ${current.message}` : String(current))
    current = current instanceof Error ? current.cause : undefined
  }
  return parts.join(' <- ')
}
