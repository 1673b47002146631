import type { Macros } from './filter.ts'

/**
 * The macros of one connection. An MTA sends them ahead of the command they belong to. Those of CONNECT and HELO
 * live as long as the connection, the others as long as the message.
 */
export class SessionMacros {
  readonly #ofConnection = new Map<string, Macros>()
  readonly #ofMessage = new Map<string, Macros>()
  /** Arrived, while their command has not. */
  readonly #ahead = new Map<string, Macros>()

  /** Takes macros for the command byte `of`. Those ahead of single headers and chunks say nothing new. */
  arrived(of: string, macros: Macros): void {
    // A second HELO, after STARTTLS, replaces what was known of the first.
    if (of === 'C' || of === 'H') this.#ofConnection.set(of, macros)
    else if (of === 'M' || of === 'R' || of === 'T' || of === 'E') this.#ahead.set(of, macros)
  }

  /** All macros that hold at the command `of`, which has just arrived. A later stage overrides an earlier one. */
  at(of: 'C' | 'H' | 'M' | 'R' | 'T' | 'E'): Macros {
    if (of === 'M') this.#ofMessage.clear()
    const own = this.#ahead.get(of) ?? new Map<string, string>()
    this.#ahead.delete(of)
    // What is said of one recipient does not hold for the message.
    if (of !== 'R') this.#ofMessage.set(of, own)
    return new Map(
      [...this.#ofConnection.values(), ...this.#ofMessage.values(), own].flatMap((known) => [...known]),
    )
  }

  endMessage(): void {
    this.#ofMessage.clear()
    this.#ahead.clear()
  }

  endConnection(): void {
    this.endMessage()
    this.#ofConnection.clear()
  }
}
