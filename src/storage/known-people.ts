/** Somebody whose name a mail of ours showed. */
export interface SeenPerson {
  /** The one form of the name (`personKey`). */
  readonly person: string
  readonly address: string
  /** One of us, who wrote it; else somebody to whom it was written. */
  readonly own: boolean
}

/** Who else is known by a name. */
export interface KnownNamesakes {
  readonly own: boolean
  readonly partner: boolean
}

/**
 * The names that our own mail showed, for telling who borrows one. Names and addresses are stored as keyed hashes only: a
 * name can be recognised, never read.
 */
export interface KnownPeople {
  learn(people: readonly SeenPerson[], at: Date): Promise<void>
  /** Who is known by this name; nobody if `address`, or an address of its organisation, is. */
  namesakes(person: string, address: string): Promise<KnownNamesakes>
  /** What is kept about an address is gone; how many rows that were. */
  forget(address: string): Promise<number>
  /** Forgets names that were not seen since. */
  prune(notSeenSince: Date): Promise<number>
}
