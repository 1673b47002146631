import type { PolicySet } from '../../policy/policy.ts'
import type { AuditedAct } from '../../storage/audit.ts'
import type { Storage } from '../../storage/open-storage.ts'
import { newMessageId } from '../message-id.ts'
import { type CallHandlers, ControlRefusal } from './control-server.ts'
import type { TrustAnswers, trustCalls } from './trust-calls.ts'

export interface TrustParts {
  readonly storage: Pick<Storage, 'trustMemory' | 'knownPeople' | 'personRecords' | 'audit'>
  readonly policies: { readonly inForce: Pick<PolicySet, 'trust'> }
  readonly settings: { readonly trust: { readonly clearText?: number | undefined } }
  readonly now: () => Date
}

const mostNames = 1000

/**
 * What is remembered of one address, and the end of it. Who let somebody be forgotten, and why, stays on record; whom he let be
 * forgotten does not.
 */
export function trustHandlers(parts: TrustParts): CallHandlers<typeof trustCalls, TrustAnswers> {
  const { storage, policies, settings, now } = parts
  const { trustMemory, knownPeople, personRecords, audit } = storage
  const forget = async (address: string) =>
    (await trustMemory.forget(address)) + (await knownPeople.forget(address))
  const record = async (
    what: AuditedAct,
    subject: string,
    { by, reason }: { readonly by: string; readonly reason: string },
  ) => audit.append(what, subject, { at: now(), who: by, reason })
  return {
    'trust-show': ({ address }) => trustMemory.about(address, now(), policies.inForce.trust),
    async 'trust-names'() {
      return { kept: settings.trust.clearText !== undefined, names: await trustMemory.named(mostNames) }
    },
    async 'trust-forget'({ address, ...act }) {
      const forgotten = await forget(address)
      if (forgotten > 0) await record('address-forgotten', newMessageId(), act)
      return { forgotten }
    },
    async 'trust-heal'({ reference, ...act }) {
      const named = reference.toUpperCase()
      const openUntil = await trustMemory.heal(named, now(), policies.inForce.trust)
      if (!openUntil)
        throw new ControlRefusal(
          `No refusal ${named} can be healed: it is too old, or was none of want of trust (postsiegel explain ${named}).`,
        )
      await record('refusal-healed', named, act)
      return { openUntil }
    },
    async 'gdpr-export'({ address }) {
      const [memory, found] = await Promise.all([
        trustMemory.about(address, now(), policies.inForce.trust),
        personRecords.find(address),
      ])
      return { memory, ...found }
    },
    async 'gdpr-erase'({ address, ...act }) {
      const remembered = await forget(address)
      const erased = await personRecords.erase(address)
      const reference = newMessageId()
      await record('address-erased', reference, act)
      return { ...erased, remembered, reference }
    },
  }
}
