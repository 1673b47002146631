import { fileStates } from '../file-states.ts'
import type { Certificate } from './certificate.ts'
import { readTrustAnchors } from './trust-anchors.ts'

/**
 * The authorities that count for one address only, beside those for everybody: an authority of a partner must not vouch
 * for anybody but him.
 */
export type PartnerAnchors = (address: string) => Promise<readonly Certificate[]>

/**
 * Authorities of partners from the files that the policies in force name, read again when a file changes. `stateOf` tells that. A file that is
 * away or cannot be read counts for nobody; `onProblem` hears of it, once for each state of the file.
 */
export function partnerAnchorsFrom(
  filesFor: (address: string) => readonly string[],
  onProblem: (error: unknown) => void,
  stateOf: (file: string) => Promise<string> = fileStates(),
): PartnerAnchors {
  const known = new Map<string, { readonly state: string; readonly anchors: readonly Certificate[] }>()
  return async (address) => {
    const found: Certificate[] = []
    for (const file of filesFor(address)) {
      const state = await stateOf(file)
      let read = known.get(file)
      if (read?.state !== state) {
        read = { state, anchors: await readTrustAnchors([file]).catch(reported) }
        known.set(file, read)
      }
      found.push(...read.anchors)
    }
    return found
  }

  function reported(error: unknown): readonly Certificate[] {
    onProblem(error)
    return []
  }
}
