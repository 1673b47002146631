import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { PolicySet } from '../policy/policy.ts'
import { ConfigProblem, type Problem } from './config-problem.ts'
import { type LastGoodPolicies, loadLastGood, storeLastGood } from './last-good-policies.ts'
import { policySetFrom } from './read-policies.ts'
import { type PolicyText, policyFolderState, readPolicyFolder } from './read-policy-folder.ts'

/** What came of reading the folder again. `unchanged`: the files say what they said before. */
export type Reload =
  | { readonly kind: 'loaded' | 'unchanged'; readonly generation: number }
  | { readonly kind: 'refused'; readonly generation: number; readonly problems: readonly Problem[] }

/** `lastError` is set while the files cannot be used, and the generation in force is an older one. */
export interface PolicyStatus {
  readonly generation: number
  readonly loadedAt: Date
  readonly lastError?: { readonly at: Date; readonly problems: readonly Problem[] }
}

export interface PolicyOptions {
  readonly folder: string
  /** Where the files last in force are kept for a start with broken ones; a file in the folder of our state. */
  readonly lastGoodFile: string
  /**
   * Told when the folder cannot be used, which may be before `open` has returned, and when the last good files cannot be
   * stored. The generation is the one that stays in force.
   */
  onProblem(error: Error, generationInForce: number): void
  /** Told after a new set has come into force. */
  onLoaded?(set: PolicySet): void
}

/** An editor writes in several steps, milliseconds apart; what is quiet for so long is taken for finished. */
const settleMilliseconds = 200

/** inotify sees no change on network and some bind mounts, and none after the folder itself was replaced. */
const pollMilliseconds = 2000

/**
 * The set in force. A message keeps the set it started with; a broken edit leaves the last good set in force. The
 * folder is watched until this is disposed.
 */
export class CurrentPolicies {
  readonly #options: PolicyOptions
  #inForce: PolicySet
  #texts: readonly PolicyText[]
  #status: PolicyStatus
  #reading: Promise<unknown> = Promise.resolve()
  #seen = ''
  #watched = ''
  #watcher: FSWatcher | undefined
  #settling: NodeJS.Timeout | undefined
  #poll: NodeJS.Timeout | undefined
  readonly #closed = new AbortController()

  private constructor(options: PolicyOptions, set: PolicySet, texts: readonly PolicyText[]) {
    this.#options = options
    this.#inForce = set
    this.#texts = texts
    this.#status = { generation: set.generation, loadedAt: new Date() }
  }

  /**
   * Reads the folder and begins to watch it. If it cannot be used, the files last in force are, and onProblem says so;
   * without those it fails with the ConfigProblem: no mail is judged by no policy.
   */
  static async open(options: PolicyOptions): Promise<CurrentPolicies> {
    const lastGood = await loadLastGood(options.lastGoodFile)
    const generation = lastGood?.generation ?? 0
    // Before reading, so that an edit that comes while we read is a difference.
    const seen = await folderState(options.folder)
    let current: CurrentPolicies
    try {
      const texts = await readPolicyFolder(options.folder)
      const next = lastGood && sameTexts(texts, lastGood.texts) ? generation : generation + 1
      current = new CurrentPolicies(options, policySetFrom(texts, next), texts)
      if (next !== generation) await current.#store({ generation: next, texts })
    } catch (error) {
      const set = lastGood && usable(lastGood)
      if (!set) throw error
      current = new CurrentPolicies(options, set, lastGood.texts)
      current.#refuse(error)
    }
    current.#seen = seen
    current.#poll = setInterval(() => void current.#lookAgain(), pollMilliseconds)
    await current.#lookAgain()
    return current
  }

  get inForce(): PolicySet {
    return this.#inForce
  }

  status(): PolicyStatus {
    return this.#status
  }

  /** Reads all files, checks all, and swaps once; or changes nothing and says what is wrong. */
  reload(): Promise<Reload> {
    const result = this.#reading.then(() => this.#readAgain())
    this.#reading = result.catch(() => undefined)
    return result
  }

  async #readAgain(): Promise<Reload> {
    try {
      const texts = await readPolicyFolder(this.#options.folder, this.#closed.signal)
      const { generation } = this.#inForce
      if (sameTexts(texts, this.#texts)) {
        this.#status = { generation, loadedAt: this.#status.loadedAt }
        return { kind: 'unchanged', generation }
      }
      const set = policySetFrom(texts, generation + 1)
      this.#inForce = set
      this.#texts = texts
      this.#status = { generation: set.generation, loadedAt: new Date() }
      await this.#store({ generation: set.generation, texts })
      this.#options.onLoaded?.(set)
      return { kind: 'loaded', generation: set.generation }
    } catch (error) {
      return this.#refuse(error)
    }
  }

  #refuse(error: unknown): Reload {
    const { generation, loadedAt } = this.#status
    const problem = error instanceof Error ? error : new Error(String(error))
    const whole = { file: this.#options.folder, line: 1, column: 1, field: '', message: problem.message }
    const problems = error instanceof ConfigProblem ? error.problems : [whole]
    this.#status = { generation, loadedAt, lastError: { at: new Date(), problems } }
    if (!this.#closed.signal.aborted) this.#options.onProblem(problem, generation)
    return { kind: 'refused', generation, problems }
  }

  /** A full disk must not keep a good policy from coming into force. */
  async #store(lastGood: LastGoodPolicies): Promise<void> {
    try {
      await storeLastGood(this.#options.lastGoodFile, lastGood)
    } catch (cause) {
      const message = `the policies are in force, but cannot be kept for a restart in ${this.#options.lastGoodFile}`
      this.#options.onProblem(new Error(message, { cause }), this.#inForce.generation)
    }
  }

  /** Reads soon if the folder looks different from the last look. */
  async #lookAgain(): Promise<void> {
    if (await this.#look()) this.#settle()
  }

  async #look(): Promise<boolean> {
    const identity = await stat(this.#options.folder).then(
      ({ ino, birthtimeMs }) => `${ino} ${birthtimeMs}`,
      String,
    )
    if (this.#closed.signal.aborted) return false
    if (identity !== this.#watched || !this.#watcher) this.#watch(identity)
    const state = await folderState(this.#options.folder)
    const changed = state !== this.#seen
    this.#seen = state
    return changed
  }

  /** Watches the folder, not its files: renaming over a file gives the name another inode. */
  #watch(identity: string): void {
    this.#watcher?.close()
    this.#watcher = undefined
    this.#watched = identity
    try {
      const watcher = watch(this.#options.folder, { persistent: false }, () => this.#settle())
      watcher.on('error', () => {
        watcher.close()
        if (this.#watcher === watcher) this.#watcher = undefined
      })
      this.#watcher = watcher
    } catch {
      // The folder is away. The poll notices when it is back, and the reading says what is wrong.
    }
  }

  #settle(): void {
    clearTimeout(this.#settling)
    if (this.#closed.signal.aborted) return
    this.#settling = setTimeout(() => void this.#readSettled(), settleMilliseconds)
  }

  async #readSettled(): Promise<void> {
    await this.#look()
    if (!this.#closed.signal.aborted) await this.reload()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    clearInterval(this.#poll)
    clearTimeout(this.#settling)
    this.#watcher?.close()
    await this.#reading
  }
}

function sameTexts(one: readonly PolicyText[], other: readonly PolicyText[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** The set that the stored files make; undefined if this version of ours no longer takes them. */
function usable({ texts, generation }: LastGoodPolicies): PolicySet | undefined {
  try {
    return policySetFrom(texts, generation)
  } catch {
    return undefined
  }
}

/** A folder that cannot be listed is in a state too. */
async function folderState(folder: string): Promise<string> {
  return policyFolderState(folder).then((states) => states.join('\n'), String)
}
