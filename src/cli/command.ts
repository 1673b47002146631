/** One command of `postsiegel`: help, usage errors and completion come from this table alone. */
export interface Command {
  readonly name: string
  /** What stands behind the name, such as `set ADDRESS`. */
  readonly usage: string
  readonly summary: string
  /** Runs and gives the exit code: 0 done, 1 refused or not found, 2 wrong use or no gateway. */
  readonly run: (call: CommandCall) => Promise<number>
}

export interface CommandCall {
  /** What follows the command's name, options taken out. */
  readonly words: readonly string[]
  readonly options: Options
  readonly print: (text: string) => void
}

export interface Options {
  readonly settings: string
  readonly json: boolean
  readonly policies: string | undefined
  readonly passwordFile: string | undefined
  readonly reason: string | undefined
  readonly by: string | undefined
  readonly until: string | undefined
  readonly output: string | undefined
  readonly name: string | undefined
  readonly domain: string | undefined
  readonly points: string | undefined
  readonly requires: string | undefined
  readonly private: boolean
  readonly id: string | undefined
  readonly today: boolean
  readonly from: string | undefined
  readonly to: string | undefined
  readonly helo: string | undefined
  readonly clientIp: string | undefined
  readonly clientName: string | undefined
}

/** Something the caller can mend; ends with exit code 2 and no stack. */
export class UsageError extends Error {}
