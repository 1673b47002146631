/** RFC 3463 status without its class digit: the class follows from the kind of failure. */
export type StatusDetail = `${number}.${number}`

/** What an SMTP client is told (RFC 5321 4.2, RFC 2034). `lines` are printable ASCII without code and status. */
export interface SmtpReply {
  readonly code: number
  readonly enhancedStatus: `${number}.${number}.${number}`
  readonly lines: readonly string[]
}

/** A failure that the sending client is told about. `message` is safe to show; what happened goes into `cause`. */
export abstract class MailFailure extends Error {
  abstract readonly replyClass: 4 | 5
  readonly status: StatusDetail
  constructor(status: StatusDetail, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.name = new.target.name
  }
}

/** Trying again can help: a DNS timeout, a scanner that is down, a full disk. */
export class TemporaryFailure extends MailFailure {
  readonly replyClass = 4
}

/** Trying again cannot help: policy forbids it, the message is malformed. */
export class PermanentFailure extends MailFailure {
  readonly replyClass = 5
}

/** An error nobody foresaw is our bug, not the sender's fault: defer, so that no mail is lost or let through. */
export function replyTo(error: unknown): SmtpReply {
  const failure =
    error instanceof MailFailure
      ? error
      : new TemporaryFailure('3.0', 'Internal error, try again later', { cause: error })
  return {
    code: failure.replyClass === 4 ? 451 : 550,
    enhancedStatus: `${failure.replyClass}.${failure.status}`,
    lines: failure.message.split('\n'),
  }
}
