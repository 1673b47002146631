/** What a source said when it was last asked for the keys of an address. */
export interface Discovery {
  /** As in KeySource: 'wkd', 'vks HOST', 'hkp HOST', 'ldap HOST', 'dns'. */
  readonly source: string
  readonly outcome: 'found' | 'none' | 'error'
  readonly askedAt: Date
}

/** So that a source is not asked for every mail. Keys that were found are in the key store. */
export interface Discoveries {
  of(address: string): Promise<readonly Discovery[]>
  /** Replaces what the same sources said before. */
  remember(address: string, discoveries: readonly Discovery[]): Promise<void>
  /** Deletes what was asked before `before`. */
  forget(before: Date): Promise<number>
}
