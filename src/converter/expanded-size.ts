import { unzipSync } from 'fflate'

const MiB = 1024 * 1024

/**
 * Whether a zip container says of itself that it unpacks to more than an engine should be given. Reads the central directory only
 * and inflates nothing, so it takes milliseconds; a container that lies meets the engine's own limits of time and memory.
 * What is no zip, or a broken one, is not too large: the engine says what it is.
 */
export function expandsTooFar(document: Uint8Array): boolean {
  if (document[0] !== 0x50 || document[1] !== 0x4b) return false
  let expanded = 0
  let members = 0
  let largest = 0
  try {
    unzipSync(document, {
      filter(member) {
        members += 1
        expanded += member.originalSize
        largest = Math.max(largest, member.originalSize)
        return false
      },
    })
  } catch {
    return false
  }
  return (
    expanded > 250 * MiB ||
    largest > 150 * MiB ||
    members > 10_000 ||
    // XML compresses well: 20:1 is usual, 100:1 happens in small tables. Hence only above 20 MB.
    (expanded > 20 * MiB && expanded > 200 * document.length)
  )
}
