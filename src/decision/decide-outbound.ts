import { PermanentFailure, replyTo, type SmtpReply, TemporaryFailure } from '../failure.ts'
import type { OutboundPolicy } from '../policy/policy.ts'
import type { OutboundOutcome, Protection } from './outcome.ts'

/** What stands between a message of ours and one recipient outside. */
export interface OutboundQuestion {
  readonly recipient: string
  readonly policy: OutboundPolicy
  /** Whether there is a valid certificate for the recipient, and a PDF password. */
  readonly usable: { readonly smime: boolean; readonly pdf: boolean }
  /** Whether the author has a certificate to sign with. */
  readonly signer: boolean
}

/**
 * The protection for one recipient: the first of the policy's list that can be used. TLS can be used for every domain,
 * because the policy map makes Postfix refuse anything less, but not for `ann@[192.0.2.1]`: that next hop is a host in
 * brackets, for which there is no agreement and no name in a certificate. `none` only stands where a policy names it.
 */
export function decideOutbound({ recipient, policy, usable, signer }: OutboundQuestion): OutboundOutcome {
  if (policy.sign === 'always' && !signer) {
    return rejected('no certificate to sign with', '7.5', 'No certificate of the author to sign with')
  }
  const canBeUsed: Record<Protection, boolean> = {
    smime: usable.smime,
    pdf: usable.pdf,
    tls: !recipient.endsWith(']'),
    none: true,
  }
  const protection = policy.protection.find((way) => canBeUsed[way])
  if (protection)
    return { kind: 'deliver', protection, sign: signer && policy.sign !== 'never', office: policy.office }
  switch (policy.otherwise) {
    case 'wait':
      if (!policy.protection.includes('pdf')) {
        return { kind: 'wait', for: 'certificate', reply: waitingFor('a certificate of the recipient') }
      }
      return { kind: 'wait', for: 'password', reply: waitingFor('the recipient to choose a password') }
    case 'reject':
      return rejected(
        'no usable protection',
        '7.5',
        `No way to protect mail to ${recipient}: no valid certificate and no password is known`,
      )
  }
}

/** 451 4.7.1: the message stays in Postfix's queue until somebody outside acts. */
function waitingFor(what: string): SmtpReply {
  return replyTo(new TemporaryFailure('7.1', `waiting for ${what}`))
}

function rejected(reason: string, status: '7.5', text: string): OutboundOutcome {
  return { kind: 'reject', reason, reply: replyTo(new PermanentFailure(status, text)) }
}
