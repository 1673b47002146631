import { problemLine } from '../config/config-problem.ts'
import type { CurrentPolicies } from '../config/current-policies.ts'
import type { Settings } from '../config/settings.ts'
import { retryQueued } from '../delivery/retry-queued.ts'
import type { ObservedClock } from '../holding/observed-clock.ts'
import { importKeys } from '../keys/import.ts'
import type { Log } from '../log/events.ts'
import { describeError } from '../log/json-log.ts'
import { inboundPolicyFor } from '../policy/find-policy.ts'
import { derivePdfPassword } from '../protection/pdf/derive.ts'
import { judgePassword } from '../protection/pdf/password.ts'
import type { StoredKey } from '../storage/key-store.ts'
import type { Storage } from '../storage/open-storage.ts'
import { version } from '../version.ts'
import type { ControlHandlers, GatewayStatus } from './control-calls.ts'
import { ControlRefusal } from './control-server.ts'
import { holdHandlers } from './hold-handlers.ts'

export interface ControlParts {
  readonly settings: Settings
  readonly storage: Storage
  readonly policies: CurrentPolicies
  readonly observed: ObservedClock
  readonly log: Log
  readonly now: () => Date
  readonly connections: () => GatewayStatus['connections']
  readonly scannerState: () => Promise<string>
  readonly converterState: () => Promise<string>
}

/** A part that hangs is what `status` is asked about: it must not keep the rest from being told. */
const orProblem = (state: Promise<string>) =>
  state.catch((error: unknown) => `not ready: ${describeError(error)}`)

/** What the command line can do with a running gateway. */
export function controlHandlers(parts: ControlParts): ControlHandlers {
  const { storage, policies, now, settings } = parts
  const startedAt = now().toISOString()
  return {
    async status() {
      const { generation, loadedAt, lastError } = policies.status()
      const [waiting, held, scanner, converter] = await Promise.all([
        storage.waitingMessages.list(),
        storage.heldOriginals.list(),
        orProblem(parts.scannerState()),
        orProblem(parts.converterState()),
      ])
      return {
        version,
        startedAt,
        policy: {
          generation,
          loadedAt: loadedAt.toISOString(),
          problems: (lastError?.problems ?? []).map(problemLine),
        },
        connections: parts.connections(),
        scanner,
        converter,
        waiting: waiting.length,
        held: held.filter(({ state }) => state === 'held').length,
      } satisfies GatewayStatus
    },
    async reload() {
      const result = await policies.reload()
      return {
        kind: result.kind,
        generation: result.generation,
        problems: result.kind === 'refused' ? result.problems.map(problemLine) : [],
      }
    },
    async 'password-set'({ recipient, password }) {
      const { name, domains } = settings.organization
      const judged = judgePassword(password, [...name.split(/\s+/), ...domains, ...recipient.split(/[@.]/)])
      if (judged.kind === 'refused') {
        throw new ControlRefusal(`The password cannot be used (${judged.reason}): ${judged.remedy}.`)
      }
      await storage.pdfPasswords.set(recipient, derivePdfPassword(judged.password), now())
      return { retried: await retryWaiting(recipient, parts) }
    },
    async 'password-list'() {
      return storage.pdfPasswords.list()
    },
    async 'password-remove'({ recipient }) {
      return { removed: await storage.pdfPasswords.remove(recipient) }
    },
    async 'key-import'({ file, password }) {
      const keys = await importKeys(Buffer.from(file, 'base64'), {
        source: 'import',
        trust: 'manual',
        at: now(),
        ...(password === undefined ? {} : { password }),
      })
      const retried: string[] = []
      for (const { key, privateKey } of keys) {
        await storage.keyStore.add(key, privateKey)
        for (const address of key.addresses) retried.push(...(await retryWaiting(address, parts)))
      }
      return { imported: keys.map(({ key }) => shown(key)), retried }
    },
    async 'key-list'() {
      return (await storage.keyStore.list()).map(shown)
    },
    async 'key-remove'({ fingerprint }) {
      return { removed: await storage.keyStore.remove(fingerprint) }
    },
    ...holdHandlers({ ...parts, policyOf: (recipient) => inboundPolicyFor(policies.inForce, recipient) }),
    async 'waiting-list'() {
      return storage.waitingMessages.list()
    },
    async explain({ id }) {
      return storage.decisions.find(id.toUpperCase())
    },
  }
}

/** Asks Postfix to try what waits for a recipient again. A message that has left the queue meanwhile is no error. */
async function retryWaiting(recipient: string, { storage, settings, log }: ControlParts): Promise<string[]> {
  const retried: string[] = []
  for (const { queueId } of await storage.waitingMessages.of(recipient)) {
    try {
      await retryQueued(settings.postfix.configDirectory, queueId)
      log({ event: 'queue-retried', queueId, recipient })
      retried.push(queueId)
    } catch (error) {
      log({ event: 'problem', where: `retry of ${queueId}`, error: String(error) })
    }
  }
  return retried
}

function shown({ material: _material, chain: _chain, ...key }: StoredKey) {
  return key
}
