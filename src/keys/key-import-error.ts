export type KeyImportProblem =
  | 'unreadable'
  | 'too-large'
  | 'password-needed'
  | 'wrong-password'
  | 'no-certificate'
  | 'key-does-not-match'
  | 'no-address'
  | 'openssl-missing'

/** A file of keys that cannot be taken. `message` says what to do about it, `problem` lets a page say so in German. */
export class KeyImportError extends Error {
  readonly problem: KeyImportProblem
  constructor(problem: KeyImportProblem, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'KeyImportError'
    this.problem = problem
  }
}
