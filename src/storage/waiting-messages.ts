/** A message that stays in Postfix's queue until its recipient has a way to read it. */
export interface WaitingMessage {
  readonly recipient: string
  /** Queue id of the hop before us, from the topmost Received field: what `postqueue -i` wants. */
  readonly queueId: string
  readonly sender: string
  readonly since: Date
}

export interface WaitingMessages {
  /** Idempotent by recipient and queue id. */
  add(message: WaitingMessage): Promise<void>
  of(recipient: string): Promise<readonly WaitingMessage[]>
  list(): Promise<readonly WaitingMessage[]>
  remove(recipient: string, queueId: string): Promise<void>
  /** Deletes what waits since before `before`: Postfix gave it back to its sender meanwhile, and tells nobody. */
  forget(before: Date): Promise<number>
}
