import { setTimeout as delay } from 'node:timers/promises'
import { fileReleased } from './file-released.ts'

/**
 * fileReleased that gives up after `limitMs`. A file server that hangs cannot be interrupted and keeps one of the few
 * threads that work on files: so there is no second attempt on a folder while the first still hangs.
 */
export function fileWithin(limitMs: number, file: typeof fileReleased = fileReleased): typeof fileReleased {
  const underWay = new Set<string>()
  return async (folder, ...rest) => {
    if (underWay.has(folder)) throw new Error(`${folder} still does not answer`)
    underWay.add(folder)
    const filing = file(folder, ...rest).finally(() => underWay.delete(folder))
    const stop = new AbortController()
    const late = delay(limitMs, undefined, { signal: stop.signal }).then(
      () => Promise.reject(new Error(`${folder} did not answer within ${limitMs} ms`)),
      // Stopped because the file is there: whoever waits has his answer already.
      () => filing,
    )
    try {
      return await Promise.race([filing, late])
    } finally {
      stop.abort()
    }
  }
}
