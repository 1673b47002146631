import { refusal } from '../decision/refusal.ts'
import type { PermanentFailure } from '../failure.ts'
import type { FinalAnswer } from '../milter/filter.ts'
import { inboundPolicyFor } from '../policy/find-policy.ts'
import type { Transaction } from './collect-message.ts'
import type { Gateway } from './gateway.ts'
import { addressOf } from './judge-inbound.ts'
import { recordDecision } from './record-decision.ts'

/**
 * Refuses a message from outside that is too large or too complicated to be looked into, with a reference and a telephone number
 * like any other: a person may have sent it. Only the record names the bound.
 */
export async function refuseTooMuch(
  { client, sender, recipients, queueId }: Transaction & { readonly queueId: string | undefined },
  failure: PermanentFailure,
  gateway: Pick<Gateway, 'organization' | 'rules' | 'now' | 'decisions' | 'log'>,
  newId: () => string,
): Promise<FinalAnswer> {
  const rules = gateway.rules()
  const { organization } = gateway
  const [recipient = ''] = recipients
  const policy = inboundPolicyFor(rules, addressOf(recipient) ?? recipient)
  const id = newId()
  const reply = refusal('tooMuch', {
    organization: { name: organization.name, telephone: policy.telephone ?? organization.telephone },
    reference: id,
    languages: policy.languages,
  })
  const told = { id, receivedAt: gateway.now(), direction: 'inbound', queueId, client, sender } as const
  const answer = { kind: 'refuse', reply } as const
  const outcome = `reject: ${failure.message}`
  await recordDecision(gateway, { ...told, recipients }, rules, undefined, answer, {
    trust: undefined,
    outcomes: recipients.map((each) => ({ recipient: each, outcome })),
  })
  return answer
}
