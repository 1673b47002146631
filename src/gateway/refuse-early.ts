import { refusal } from '../decision/refusal.ts'
import type { StageAnswer } from '../milter/filter.ts'
import { inboundPolicyFor } from '../policy/find-policy.ts'
import { matchSender } from '../policy/match-sender.ts'
import type { Transaction } from './collect-message.ts'
import type { Gateway } from './gateway.ts'
import { addressOf } from './judge-inbound.ts'
import { recordDecision } from './record-decision.ts'

/**
 * Refuses a recipient where an entry of the block list names the client or the envelope sender: nothing that the message
 * could say would change it, so nobody has to send it. At RCPT, because that is where Postfix hands our words to the
 * client and the record can still say whom the mail was for; at CONNECT Postfix would use words of its own. Lists in the
 * DNS refuse nobody here: they are judged with all that speaks for a sender, at the end of the message.
 */
export async function refuseEarly(
  { client, sender }: Transaction,
  recipient: string,
  gateway: Pick<Gateway, 'organization' | 'rules' | 'now' | 'decisions' | 'log'>,
  newId: () => string,
): Promise<StageAnswer> {
  const rules = gateway.rules()
  const receivedAt = gateway.now()
  const block = matchSender(rules.block, { address: addressOf(sender), ip: client.address }, receivedAt)
  if (!block) return 'continue'
  const { organization } = gateway
  const policy = inboundPolicyFor(rules, addressOf(recipient) ?? recipient)
  const id = newId()
  const reply = refusal('blocked', {
    organization: { name: organization.name, telephone: policy.telephone ?? organization.telephone },
    reference: id,
    languages: policy.languages,
  })
  const told = { id, receivedAt, direction: 'inbound', queueId: undefined, client, sender } as const
  await recordDecision(
    gateway,
    { ...told, recipients: [recipient] },
    rules,
    undefined,
    { kind: 'refuse', reply },
    {
      trust: undefined,
      outcomes: [{ recipient, outcome: `reject: block list: ${block.sender}, before DATA` }],
    },
  )
  return { kind: 'refuse', reply }
}
