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

/** What `read` gives; its errors as unreadable. */
export function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof KeyImportError ? error : unreadable(error)
  }
}

export function unreadable(cause?: unknown): KeyImportError {
  return new KeyImportError(
    'unreadable',
    'The file cannot be read as PEM, DER, PKCS#7, PKCS#12 or OpenPGP: export the key again in one of these formats',
    { cause },
  )
}

export function wrongPassword(): KeyImportError {
  return new KeyImportError(
    'wrong-password',
    'The password does not open the file: give the one chosen at its export',
  )
}
