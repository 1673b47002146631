import { combine } from '../decision/combine.ts'
import { decideInbound } from '../decision/decide-inbound.ts'
import type { InboundOutcome } from '../decision/outcome.ts'
import { sharedInboundPolicy } from '../decision/shared-inbound-policy.ts'
import { parsePath } from '../message/address.ts'
import type { InboundFacts } from '../message/facts.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import { inboundPolicyFor } from '../policy/find-policy.ts'
import { exceptionFor, trustsSealers } from '../policy/match-proofs.ts'
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
  /** What it rests on beside facts and policies, so that it can be repeated. */
  readonly tries: Required<Pick<Circumstances, 'cameBack' | 'dnsGivenUp'>>
}

/** What the judgement rests on beside message, facts and policies. */
export interface Circumstances {
  readonly organization: { readonly name: string; readonly telephone: string }
  /** The sender was asked to come again, and came when he was told to; or he did so lately. */
  readonly cameBack: boolean
  /** The DNS owed answers for this message too often already: it is judged by what is known. */
  readonly dnsGivenUp?: boolean
}

/** What the judgement needs to know of a message: `explain` has it from a record, too. */
export type JudgedMessage = Pick<ReceivedMessage, 'id' | 'sender' | 'recipients' | 'receivedAt'> & {
  readonly client: Pick<ReceivedMessage['client'], 'address'>
}

/**
 * Facts and policy in, verdict out; asks nobody, so `explain` and the live gateway cannot differ. The message's id
 * names the decision in the reply.
 */
export function judgeInbound(
  message: JudgedMessage,
  facts: InboundFacts,
  rules: PolicySet,
  circumstances: Circumstances,
): InboundJudgement {
  const common = commonOf(message, facts, rules)
  const judged = message.recipients.map((recipient, index) => {
    const relation = facts.relations[index]
    if (!relation) throw new Error('facts without a relation for each recipient')
    const policy = inboundPolicyFor(rules, addressOf(recipient) ?? recipient)
    const verdict = (cameBack: boolean | 'spared') => {
      const trust = assessTrust(facts, { ...common, relation, cameBack })
      const question = { ...common, facts, trust, policy, block: common.lists.block, reference: message.id }
      const outcome = decideInbound({
        ...question,
        organization: circumstances.organization,
        cameBack: cameBack !== false,
        dnsGivenUp: circumstances.dnsGivenUp ?? false,
      })
      return { outcome, trust, policy }
    }
    const first = verdict(circumstances.cameBack)
    const asks = first.outcome.kind === 'defer' && first.outcome.comeAgain
    return asks && isSpared(first.trust, rules) ? verdict('spared') : first
  })
  const { outcome, decidedBy } = combine(judged.map(({ outcome }) => outcome))
  const policies = judged.map(({ policy }) => policy)
  const [first, ...others] = policies
  const deciding = judged[decidedBy]
  if (!first || !deciding) throw new Error('a message without recipients has no verdict')
  return {
    outcome,
    trust: deciding.trust,
    policy: sharedInboundPolicy([first, ...others]),
    policies,
    tries: { cameBack: circumstances.cameBack, dnsGivenUp: circumstances.dnsGivenUp ?? false },
  }
}

/** What is the same for all recipients. */
function commonOf(message: JudgedMessage, facts: InboundFacts, rules: PolicySet) {
  const { receivedAt, client } = message
  const sender = { address: facts.authentication.author?.address, ip: client.address }
  const envelope = { address: addressOf(message.sender), ip: client.address }
  return {
    message: { sender: message.sender, clientAddress: client.address },
    lists: {
      block: matchSender(rules.block, sender, receivedAt) ?? matchSender(rules.block, envelope, receivedAt),
      allow: matchSender(rules.allow, sender, receivedAt),
    },
    exception: exceptionFor(facts, client.address, rules.ownDomain, receivedAt),
    trustsSealers: trustsSealers(facts, rules.sealers, receivedAt),
    weights: rules.trust,
  }
}

/**
 * Who proves himself by a signature, or whom we know by proof, is a mail server: it would come again, and its users wait
 * for codes that are good for minutes. So he gets at once what he would get then.
 */
function isSpared({ identity, earned }: TrustAssessment, { trust }: PolicySet): boolean {
  return identity === 1 || (earned > 0 && identity >= trust.trust.partnerIdentity)
}

/** The address of a path as the milter gave it; undefined for the null reverse-path and for what is malformed. */
export function addressOf(path: string): string | undefined {
  const parsed = parsePath(path)
  return parsed.kind === 'mailbox' ? parsed.mailbox.address : undefined
}
