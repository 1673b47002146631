import type { ProtectionFacts } from './facts.ts'
import type { ReceivedMessage } from './received-message.ts'

/** A received message with its protection taken off, as far as it could be. */
export interface OpenedMessage {
  /**
   * As its recipients are to read it: the fields of the message as it came, with what describes the body, and protected
   * fields, replaced. The very message that came where nothing was taken off.
   */
  readonly message: ReceivedMessage
  readonly protection: ProtectionFacts
}
