import { stat } from 'node:fs/promises'

/** Files are replaced by people and cron jobs; a busy gateway asks hundreds of times in a second. */
const lookEveryMs = 1000

/**
 * Tells by inode, time and size whether a file is still the one that was read, or why it cannot be told. Looks once a
 * second at most: what is asked for every mail must not wait for the disk each time.
 */
export function fileStates(everyMs: number = lookEveryMs): (file: string) => Promise<string> {
  const looks = new Map<string, { readonly at: number; readonly state: Promise<string> }>()
  return (file) => {
    const look = looks.get(file)
    if (look && performance.now() - look.at < everyMs) return look.state
    const state = stat(file).then(({ ino, mtimeMs, size }) => `${ino} ${mtimeMs} ${size}`, String)
    looks.set(file, { at: performance.now(), state })
    return state
  }
}
