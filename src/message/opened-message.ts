import type { ProtectionFacts } from './facts.ts'
import type { ReceivedMessage } from './received-message.ts'

/** A certificate of the author that came with a valid signature of his. */
export interface BroughtCertificate {
  /** PEM. */
  readonly material: string
  /** Certificates that came along, PEM, in any order. */
  readonly chain: readonly string[]
  /** Object identifiers of the sMIMECapabilities that he signed, best first. */
  readonly capabilities: readonly string[]
}

/** A received message with its protection taken off, as far as it could be. */
export interface OpenedMessage {
  /**
   * As its recipients are to read it: the fields of the message as it came, with what describes the body, and protected
   * fields, replaced. The very message that came where nothing was taken off.
   */
  readonly message: ReceivedMessage
  readonly protection: ProtectionFacts
  readonly brought: readonly BroughtCertificate[]
}
