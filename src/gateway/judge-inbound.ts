import { combine } from '../decision/combine.ts'
import { decideInbound } from '../decision/decide-inbound.ts'
import type { InboundOutcome } from '../decision/outcome.ts'
import { sharedInboundPolicy } from '../decision/shared-inbound-policy.ts'
import { parsePath } from '../message/address.ts'
import type { InboundFacts } from '../message/facts.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { inboundPolicyFor } from '../policy/find-policy.ts'
import { matchSender } from '../policy/match-sender.ts'
import type { InboundPolicy, PolicySet } from '../policy/policy.ts'
import { assessTrust, type TrustAssessment } from '../trust/assess-trust.ts'

/** The verdict on an inbound message, with everything that explains it. */
export interface InboundJudgement {
  readonly outcome: InboundOutcome
  /** Of the recipient whose relation decided. */
  readonly trust: TrustAssessment
  readonly policy: InboundPolicy
  /** One for each recipient. */
  readonly policies: readonly InboundPolicy[]
}

/**
 * Facts and policy in, verdict out; asks nobody, so `explain` and the live gateway cannot differ. `reference` names the
 * decision in the reply.
 */
export function judgeInbound(
  message: ReceivedMessage,
  facts: InboundFacts,
  rules: PolicySet,
  circumstances: {
    readonly organization: { readonly name: string; readonly telephone: string }
    readonly cameBack: boolean
  },
): InboundJudgement {
  const { organization, cameBack } = circumstances
  const sender = {
    address: facts.authentication.author?.address,
    ip: message.client.address,
  }
  const envelope = { address: addressOf(message.sender), ip: message.client.address }
  const lists = {
    block:
      matchSender(rules.block, sender, message.receivedAt) ??
      matchSender(rules.block, envelope, message.receivedAt),
    allow: matchSender(rules.allow, sender, message.receivedAt),
  }
  const judged = message.recipients.map((recipient, index) => {
    const relation = facts.relations[index]
    if (!relation) throw new Error('facts without a relation for each recipient')
    const policy = inboundPolicyFor(rules, addressOf(recipient) ?? recipient)
    const trust = assessTrust(facts, {
      message: { sender: message.sender, clientAddress: message.client.address },
      relation,
      lists,
      cameBack,
    })
    const block = lists.block
    const outcome = decideInbound({
      facts,
      trust,
      policy,
      block,
      reference: message.id,
      organization,
      cameBack,
    })
    return { outcome, trust, policy }
  })
  const { outcome, decidedBy } = combine(judged.map(({ outcome }) => outcome))
  const policies = judged.map(({ policy }) => policy)
  const [first, ...others] = policies
  const deciding = judged[decidedBy]
  if (!first || !deciding) throw new Error('a message without recipients has no verdict')
  return { outcome, trust: deciding.trust, policy: sharedInboundPolicy([first, ...others]), policies }
}

/** The address of a path as the milter gave it; undefined for the null reverse-path and for what is malformed. */
export function addressOf(path: string): string | undefined {
  const parsed = parsePath(path)
  return parsed.kind === 'mailbox' ? parsed.mailbox.address : undefined
}
