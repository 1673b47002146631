/** What was done once and must not be done twice when a deferred client comes again (RS-05). */
export interface Effects {
  /** True for the first caller with this key, false for everybody after. */
  first(key: string, at: Date): Promise<boolean>
  /** Whether somebody was first already. */
  done(key: string): Promise<boolean>
  /** When somebody was first; undefined if nobody was. */
  at(key: string): Promise<Date | undefined>
  /** Deletes keys older than `before`. */
  forget(before: Date): Promise<number>
}
