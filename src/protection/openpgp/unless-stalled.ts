import { MalformedOpenPgp } from './dearmor.ts'

/** The library waits for itself when unauthenticated packets are malformed in some ways; an honest pause is a busy disk. */
const stallMs = 20_000

/** What `work` gives; fails with MalformedOpenPgp if it tells no progress for 20 s. */
export async function unlessStalled<Result>(
  work: (progress: () => void) => Promise<Result>,
): Promise<Result> {
  let isMoving = false
  let timer: NodeJS.Timeout | undefined
  const stalled = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      if (!isMoving) reject(new MalformedOpenPgp('the message cannot be read to its end'))
      isMoving = false
    }, stallMs)
  })
  try {
    return await Promise.race([
      work(() => {
        isMoving = true
      }),
      stalled,
    ])
  } finally {
    clearInterval(timer)
  }
}

/** The same pieces; each is progress. */
export async function* watched(
  pieces: AsyncIterable<Uint8Array>,
  progress: () => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    progress()
    yield piece
  }
}
