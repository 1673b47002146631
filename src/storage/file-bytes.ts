import { readSync, writeSync } from 'node:fs'
import { TemporaryFailure } from '../failure.ts'

/** The bytes [start, end) of a file. Fails with TemporaryFailure. */
export function readFully(descriptor: number, start: number, end: number): Uint8Array<ArrayBuffer> {
  // All of it is written below, or nothing is given out.
  const bytes = Buffer.allocUnsafeSlow(Math.max(0, end - start))
  for (let at = 0; at < bytes.length; ) {
    let count: number
    try {
      count = readSync(descriptor, bytes, at, bytes.length - at, start + at)
    } catch (error) {
      throw diskFailure(error)
    }
    if (count === 0) throw cutShort()
    at += count
  }
  return bytes
}

/** Writes all of `bytes` from `start` on. Fails with TemporaryFailure. */
export function writeFully(descriptor: number, bytes: Uint8Array, start: number): void {
  try {
    for (let at = 0; at < bytes.length; )
      at += writeSync(descriptor, bytes, at, bytes.length - at, start + at)
  } catch (error) {
    throw diskFailure(error)
  }
}

/** RFC 3463 3.4: X.3.1 is a full mail system. Any other trouble with the disk is as little the sender's fault. */
export function diskFailure(error: unknown): TemporaryFailure {
  return new TemporaryFailure('3.1', 'No room to keep the message, try again later', { cause: error })
}

function cutShort(): TemporaryFailure {
  return new TemporaryFailure('3.0', 'The spooled message is shorter than it was')
}
