import { readFile, stat } from 'node:fs/promises'
import { fileStates } from '../file-states.ts'
import { pemBlocks, pemContent } from '../x509/pem.ts'
import { type Crl, maxCrlBytes, readCrl } from './read-crl.ts'

/**
 * The revocation lists (PEM blocks "X509 CRL") in files of trust anchors (that of `system` has none), read again when a
 * file changes: lists are replaced by a cron job while we run. A file that cannot be read any more keeps its last lists. `onProblem` hears of what is wrong, once;
 * `stateOf` tells whether a file changed.
 */
export function listsInFiles(
  places: readonly string[],
  onProblem: (error: unknown) => void,
  stateOf: (file: string) => Promise<string> = fileStates(),
): () => Promise<readonly Crl[]> {
  const files = places.filter((place) => place !== 'system')
  const known = new Map<string, { readonly changed: string; readonly lists: readonly Crl[] }>()
  return async () => {
    for (const file of files) {
      const before = known.get(file)
      const changed = await stateOf(file)
      if (before?.changed === changed) continue
      try {
        known.set(file, { changed, lists: await readLists(file) })
      } catch (error) {
        known.set(file, { changed, lists: before?.lists ?? [] })
        onProblem(error)
      }
    }
    return [...known.values()].flatMap(({ lists }) => lists)
  }
}

async function readLists(file: string): Promise<readonly Crl[]> {
  const { size } = await stat(file)
  // Base64 with line ends, and as much again of certificates.
  if (size > maxCrlBytes * 3) throw new Error(`${file} is too large for revocation lists`)
  return pemBlocks(await readFile(file, 'latin1'))
    .filter(({ label }) => label === 'X509 CRL')
    .map((block, index) => {
      try {
        return readCrl(pemContent(block))
      } catch (cause) {
        throw new Error(`${file}: revocation list ${index + 1} cannot be read`, { cause })
      }
    })
}
