import { MalformedOpenPgp } from './dearmor.ts'

/** What `work` gives; fails with MalformedOpenPgp if it tells no progress for `limitMs`. */
export async function unlessStalled<Result>(
  limitMs: number,
  work: (progress: () => void) => Promise<Result>,
): Promise<Result> {
  let isMoving = false
  let timer: NodeJS.Timeout | undefined
  const stalled = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      if (!isMoving) reject(new MalformedOpenPgp('the message cannot be read to its end'))
      isMoving = false
    }, limitMs)
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
