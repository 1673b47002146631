import { randomUUID } from 'node:crypto'
import type { StatsFs } from 'node:fs'
import { chmod, chown, mkdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { CurrentPolicies } from './config/current-policies.ts'
import { groupId } from './config/group-id.ts'
import type { Settings } from './config/settings.ts'
import { converterAt, converterStatus } from './converter/client.ts'
import { deliverInbound } from './delivery/deliver-inbound.ts'
import { protect } from './delivery/protect.ts'
import { type NoticeHouse, sendNotice } from './delivery/send-notice.ts'
import { TemporaryFailure } from './failure.ts'
import { answerMessage } from './gateway/answer-message.ts'
import { acceptOutboundRecipient } from './gateway/answer-outbound.ts'
import { collectMessages, type MessageHandling } from './gateway/collect-message.ts'
import { controlCalls } from './gateway/control-calls.ts'
import { controlHandlers } from './gateway/control-handlers.ts'
import { startControlServer } from './gateway/control-server.ts'
import type { Gateway } from './gateway/gateway.ts'
import { newMessageId } from './gateway/message-id.ts'
import { portalCalls } from './gateway/portal-calls.ts'
import { portalHandlers } from './gateway/portal-handlers.ts'
import { releaseParts } from './gateway/release-parts.ts'
import { holdOriginals } from './holding/hold-originals.ts'
import { openObservedClock } from './holding/observed-clock.ts'
import { startReleaseLoop } from './holding/release-loop.ts'
import { authenticate } from './inspection/authenticate.ts'
import { scanWith } from './inspection/clamd.ts'
import { believeFreshSignatures } from './inspection/fresh-signatures.ts'
import { gatherInboundFacts } from './inspection/gather-facts.ts'
import { openResolver } from './inspection/resolver.ts'
import { findAuthorsSigner, findWays } from './keys/find-ways.ts'
import { readTrustAnchors } from './keys/trust-anchors.ts'
import type { Log } from './log/events.ts'
import { describeError } from './log/json-log.ts'
import { firstValue } from './message/header.ts'
import { startMilterServer } from './milter/server.ts'
import { startSocketmapServer } from './partners/socketmap-server.ts'
import { tlsPolicyFor } from './partners/tls-policy.ts'
import { readMasterKey } from './storage/master-key.ts'
import { openStorage } from './storage/open-storage.ts'
import { openWorkspace } from './storage/spool.ts'

/** A running gateway. Closing it finishes the messages in hand first. */
export interface RunningGateway extends AsyncDisposable {
  /** Reads the policies again; what comes of it is logged. */
  reload(): Promise<void>
}

/** Postfix restarts a filter that does not finish within its own patience; messages in hand take seconds. */
const graceMs = 30_000
const scanLimitMs = 120_000
const housekeepingMs = 3_600_000
/** An effect is asked for again while the sender still tries: five days by custom (RFC 5321 4.5.4.1). */
const effectsKeptMs = 30 * 86_400_000
/** Below this the disk is full for us: what we hold must still fit when Postfix already sends. */
const minFreeBytes = 64 * 1024 * 1024
/** The portal asks each question once at a time, for all its visitors. */
const maxPortalQuestions = 16

/** Opens everything, listens, and only then is ready. Fails with a clear error if any part cannot be opened. */
export async function startGateway(settings: Settings, log: Log): Promise<RunningGateway> {
  const now = () => new Date()
  const onError = (error: unknown, where: string) =>
    log({ event: 'problem', where, error: describeError(error) })
  await using parts = new AsyncDisposableStack()

  const spoolFolder = join(settings.state, 'spool')
  await mkdir(spoolFolder, { recursive: true, mode: 0o700 })
  const [masterKey, anchors, group] = await Promise.all([
    readMasterKey(settings.masterKey),
    readTrustAnchors(settings.trustAnchors),
    groupId(settings.socketGroup, 'socketGroup'),
  ])
  const storage = parts.use(
    await openStorage({ database: settings.database, blobs: settings.blobs, masterKey }),
  )
  const policies = parts.use(
    await CurrentPolicies.open({
      folder: settings.policies,
      lastGoodFile: join(settings.state, 'last-good-policies.json'),
      onProblem: (error, inForce) => log({ event: 'policy-problem', problem: error.message, inForce }),
      onLoaded: (set) => log({ event: 'policy-loaded', generation: set.generation }),
    }),
  )
  const scan = believeFreshSignatures(scanWith(settings.clamd, { timeoutMs: scanLimitMs }), {
    required: settings.freshSignatures === 'required',
    now,
  })
  const lookup = openResolver(settings.resolver, { perQueryMs: 3000 })
  const converter = converterAt(settings.listen.converter)
  const observed = await openObservedClock(storage.observedTime)
  const wayStores = { keyStore: storage.keyStore, pdfPasswords: storage.pdfPasswords, anchors }
  const holding = { held: storage.heldOriginals, blobs: storage.blobs, observed }
  const workFolder = await memoryFolder(spoolFolder)
  parts.defer(() => rm(workFolder, { recursive: true, force: true }))

  const gateway: Gateway = {
    organization: settings.organization,
    now,
    log,
    rules: () => policies.inForce,
    decisions: storage.decisions,
    relations: storage.relations,
    effects: storage.effects,
    waiting: storage.waitingMessages,
    gatherFacts: (message, signal) =>
      gatherInboundFacts(
        message,
        {
          authenticate: (subject, until) => authenticate(subject, lookup, until),
          scan,
          relations: storage.relations,
          now,
          ownDomains: settings.organization.domains,
        },
        signal,
      ),
    deliverInbound: (message, accepted, workspace, signal) =>
      deliverInbound(
        message,
        accepted,
        {
          converter,
          telephone: accepted.policy.telephone ?? settings.organization.telephone,
          hold: async (subject, originals) => {
            const { scan: first } = accepted.facts
            if (first.kind !== 'clean') throw new TemporaryFailure('3.0', 'Not scanned for viruses yet')
            const kept = await holdOriginals(
              {
                recipients: subject.recipients,
                sender: subject.sender,
                author: accepted.facts.authentication.author?.address,
                messageId: firstValue(subject.fields, 'message-id') ?? '',
                digest: subject.digest,
              },
              originals,
              {
                scan: {
                  at: subject.receivedAt,
                  signatures: first.signatures,
                  signaturesBuiltAt: first.signaturesBuiltAt,
                },
                hold: accepted.policy.hold,
                now: now(),
              },
              holding,
            )
            for (const { id, releaseAt } of kept) {
              log({ event: 'held', id, message: subject.id, releaseAt: releaseAt.toISOString() })
            }
            return kept
          },
        },
        workspace,
        signal,
      ),
    findWays: (recipient, at) => findWays(wayStores, recipient, at),
    findSigner: (author, at) => findAuthorsSigner(wayStores, author, at),
    protect: (message, order, workspace, signal) =>
      protect(
        message,
        order,
        { converter, workFolder, organization: settings.organization },
        workspace,
        signal,
      ),
  }

  const enoughRoom = refuseWhenFull(settings.state)
  const handling = (direction: MessageHandling['direction']): MessageHandling => ({
    direction,
    now,
    newId: newMessageId,
    openWorkspace: () => openWorkspace(spoolFolder, { sizeLimit: workspaceLimit(settings) }),
    answer: async (message, workspace, gone) => {
      await enoughRoom()
      return answerMessage(message, workspace, gateway, gone)
    },
    onError,
    ...(direction === 'outbound'
      ? {
          acceptRecipient: (_sender, before, recipient) =>
            acceptOutboundRecipient(gateway, before, recipient),
        }
      : {}),
  })
  const listen = async (direction: MessageHandling['direction']) => {
    const server = await startMilterServer({
      listen: settings.listen[direction],
      newFilter: () => collectMessages(handling(direction)),
      decides: direction === 'outbound' ? ['recipient'] : [],
      maxConnections: settings.limits.connections,
      onError: (error, { stage, queueId }) =>
        log({
          event: 'connection-problem',
          where: `${direction} ${stage}${queueId ? ` ${queueId}` : ''}`,
          error: describeError(error),
        }),
    })
    parts.defer(() => server.stop(graceMs))
    await giveToGroup(settings.listen[direction], group)
    return server
  }

  const noticeHouse: NoticeHouse = {
    listener: settings.postfix.notices,
    organization: { name: settings.organization.name, domain: settings.organization.domains[0] ?? '' },
  }
  parts.use(
    startReleaseLoop(
      releaseParts({
        settings,
        storage,
        observed,
        rules: () => policies.inForce,
        scan,
        send: (notice) => sendNotice(notice, noticeHouse),
        now,
        log,
      }),
    ),
  )

  const tlsPolicy = parts.use(
    await startSocketmapServer({
      listen: settings.listen.tlsPolicy,
      mapName: 'tls',
      maxConnections: settings.limits.connections,
      lookup: (nextHop) => {
        const policy = tlsPolicyFor(policies.inForce, nextHop)
        return policy.kind === 'enforce' ? policy.answer : undefined
      },
      onError: (error) => onError(error, 'TLS policy map'),
    }),
  )
  await giveToGroup(settings.listen.tlsPolicy, group)
  const inbound = await listen('inbound')
  const outbound = await listen('outbound')
  parts.use(
    await startControlServer({
      path: settings.listen.gateway,
      calls: controlCalls,
      handlers: controlHandlers({
        settings,
        storage,
        policies,
        observed,
        log,
        now,
        connections: () => ({ inbound: inbound.connections, outbound: outbound.connections }),
        scannerState: async () => {
          const result = await scan(emptyStream(), AbortSignal.timeout(5000))
          return result.kind === 'clean' ? `ready, ${result.signatures}` : describeScan(result)
        },
        converterState: async () => {
          const state = await converterStatus(settings.listen.converter, AbortSignal.timeout(5000))
          if (!state) return 'not ready: it does not answer'
          if (state.rung === 'none') return 'not ready: no confinement works here, so nothing is converted'
          return `ready, confined by ${state.rung}${state.seccomp ? ' and seccomp' : ''}, ${state.converted} converted`
        },
      }),
      onError: (error) => onError(error, 'control socket'),
    }),
  )
  if (settings.portal) {
    parts.use(
      await startControlServer({
        path: settings.listen.portal,
        calls: portalCalls,
        handlers: portalHandlers({ organization: settings.organization, keyStore: storage.keyStore, now }),
        group: await groupId(settings.portal.group, 'portal.group'),
        maxConnections: maxPortalQuestions,
        onError: (error) => onError(error, 'portal socket'),
      }),
    )
  }
  const housekeeping = setInterval(() => {
    forgetOld().catch((error: unknown) => onError(error, 'housekeeping'))
  }, housekeepingMs)
  parts.defer(() => clearInterval(housekeeping))
  const forgetOld = async () => {
    const today = now().getTime()
    await storage.decisions.forget(new Date(today - settings.retention.decisions))
    for (const blob of await storage.heldOriginals.expire(now(), observed.now()))
      await storage.blobs.remove(blob)
    await storage.heldOriginals.forget(new Date(today - settings.retention.released))
    // What was delivered of an original that is still held must not be delivered again.
    const held = (await storage.heldOriginals.list()).filter(({ state }) => state === 'held')
    const oldestHeld = Math.min(...held.map(({ heldAt }) => heldAt.getTime()))
    await storage.effects.forget(new Date(Math.min(today - effectsKeptMs, oldestHeld)))
    const [last] = await storage.audit.latest(1)
    if (last) log({ event: 'audit', number: last.number, mac: last.mac })
    await storage.waitingMessages.forget(new Date(today - effectsKeptMs))
  }

  log({ event: 'ready', inbound: inbound.address, outbound: outbound.address, tlsPolicy: tlsPolicy.address })
  const running = parts.move()
  return {
    reload: async () => {
      await policies.reload()
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** A signed and encrypted message is twice base64 of what came, so a workspace must hold three times a message. */
function workspaceLimit({ limits }: Settings): number {
  return limits.messageBytes * 3
}

/** Plain text on its way into a container lies in memory, never on a disk; private to our user. */
async function memoryFolder(otherwise: string): Promise<string> {
  for (const parent of ['/dev/shm', otherwise]) {
    const folder = join(parent, `postsiegel-${randomUUID()}`)
    const made = await mkdir(folder, { mode: 0o700 }).then(
      () => true,
      () => false,
    )
    if (made) return folder
  }
  throw new Error(`no folder for work files in /dev/shm and ${otherwise}`)
}

/** Postfix connects as its own user, which gets in by the group. */
async function giveToGroup(listen: string, group: number): Promise<void> {
  if (!listen.startsWith('/')) return
  await chown(listen, -1, group)
  await chmod(listen, 0o660)
}

/**
 * Refuses new work before it begins when it could not be finished: the disk that keeps our state is full (RS-03). Looks
 * ten times a second at most: a disk that takes 200 MB/s loses 20 MB meanwhile, less than a third of what must be free.
 */
function refuseWhenFull(folder: string): () => Promise<void> {
  let looked: { readonly at: number; readonly found: Promise<StatsFs> } | undefined
  return async () => {
    if (!looked || performance.now() - looked.at > 100)
      looked = { at: performance.now(), found: statfs(folder) }
    const { bavail, bsize } = await looked.found
    if (bavail * bsize < minFreeBytes) throw new TemporaryFailure('3.1', 'Not enough room, try again later')
  }
}

function describeScan(result: { readonly kind: string; readonly reason?: string }): string {
  return `not ready: ${result.reason ?? result.kind}`
}

async function* emptyStream(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array([0x0a])
}
