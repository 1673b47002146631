import { problemLine } from '../../config/config-problem.ts'
import type { CurrentPolicies } from '../../config/current-policies.ts'
import type { Settings } from '../../config/settings.ts'
import type { ObservedClock } from '../../holding/observed-clock.ts'
import type { ListState } from '../../inspection/list-health.ts'
import { expiringKeys } from '../../keys/expiring-keys.ts'
import { publishedOpenPgpKeys } from '../../keys/openpgp/published-openpgp-keys.ts'
import type { Log } from '../../log/events.ts'
import { describeError } from '../../log/json-log.ts'
import { inboundPolicyFor, outboundPolicyFor } from '../../policy/find-policy.ts'
import { derivePdfPassword } from '../../protection/pdf/derive.ts'
import { judgePassword } from '../../protection/pdf/password.ts'
import type { Storage } from '../../storage/open-storage.ts'
import { version } from '../../version.ts'
import type { ExplainParts } from '../explain-message.ts'
import type { IntakeParts } from '../intake-parts.ts'
import { retryWaiting } from '../retry-waiting.ts'
import { type AuthorityParts, authorityHandlers } from './authority-handlers.ts'
import type { ControlHandlers, GatewayStatus } from './control-calls.ts'
import { ControlRefusal } from './control-server.ts'
import { explainHandlers } from './explain-handlers.ts'
import { holdHandlers } from './hold-handlers.ts'
import { intakeHandlers, intakeStatus } from './intake-handlers.ts'
import { type KeyParts, keyHandlers } from './key-handlers.ts'
import { type ListParts, listHandlers } from './list-handlers.ts'
import { trustHandlers } from './trust-handlers.ts'

export interface ControlParts {
  readonly settings: Settings
  readonly storage: Storage
  readonly policies: CurrentPolicies
  readonly observed: ObservedClock
  /** undefined: no address takes certificates. */
  readonly intake: IntakeParts | undefined
  readonly log: Log
  readonly now: () => Date
  readonly anchors: KeyParts['anchors']
  readonly partnerAnchors: NonNullable<KeyParts['partnerAnchors']>
  readonly trustOwnAuthorities: AuthorityParts['trustOwnAuthorities']
  readonly checkRevocation?: KeyParts['checkRevocation']
  readonly discover: NonNullable<KeyParts['discover']>
  readonly explaining: ExplainParts
  readonly connections: () => GatewayStatus['connections']
  readonly entries: ListParts['entries']
  readonly lists: () => readonly ListState[]
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
      const [waiting, held, keys, scanner, converter] = await Promise.all([
        storage.waitingMessages.list(),
        storage.heldOriginals.list(),
        storage.keyStore.list(),
        orProblem(parts.scannerState()),
        orProblem(parts.converterState()),
      ])
      return {
        version,
        startedAt,
        ...(settings.testMode ? { simulatedTime: now().toISOString() } : {}),
        policy: {
          generation,
          loadedAt: loadedAt.toISOString(),
          problems: (lastError?.problems ?? []).map(problemLine),
        },
        connections: parts.connections(),
        scanner,
        converter,
        lists: parts.lists().map(({ since, ...state }) => ({ ...state, since: since.toISOString() })),
        waiting: waiting.length,
        held: held.filter(({ state }) => state === 'held').length,
        keys: {
          pending: keys.filter(({ state }) => state === 'pending').length,
          expiring: expiringKeys(keys, now()).length,
        },
        ...(parts.intake ? { intake: await intakeStatus(parts.intake) } : {}),
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
    ...keyHandlers({
      ...parts,
      leastTrustFor: (recipient) => outboundPolicyFor(policies.inForce, recipient).keyTrust,
    }),
    ...authorityHandlers(parts),
    ...listHandlers({ ...parts, ownDomains: settings.organization.domains }),
    ...trustHandlers(parts),
    ...intakeHandlers(parts.intake),
    ...holdHandlers({ ...parts, policyOf: (recipient) => inboundPolicyFor(policies.inForce, recipient) }),
    async 'key-published'() {
      const published = await publishedOpenPgpKeys(storage.keyStore, settings.organization.domains, now())
      return published.map((entry) => ({ ...entry, key: Buffer.from(entry.key).toString('base64') }))
    },
    async 'waiting-list'() {
      return storage.waitingMessages.list()
    },
    ...explainHandlers(storage.decisions, parts.explaining),
  }
}
