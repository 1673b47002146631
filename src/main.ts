import { chmod, chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CurrentPolicies } from './config/current-policies.ts'
import { groupId } from './config/group-id.ts'
import type { Settings } from './config/settings.ts'
import { openSimulatedClock } from './config/simulated-clock.ts'
import { converterAt, converterStatus } from './converter/client.ts'
import type { NoticeHouse } from './delivery/notice-transport.ts'
import { sendNotice } from './delivery/send-notice.ts'
import { answerMessage } from './gateway/answer-message.ts'
import { acceptOutboundRecipient } from './gateway/answer-outbound.ts'
import { controlCalls } from './gateway/calls/control-calls.ts'
import { controlHandlers } from './gateway/calls/control-handlers.ts'
import { startControlServer } from './gateway/calls/control-server.ts'
import { portalCalls } from './gateway/calls/portal-calls.ts'
import { portalHandlers } from './gateway/calls/portal-handlers.ts'
import { collectMessages, type MessageHandling } from './gateway/collect-message.ts'
import { enoughRoomIn } from './gateway/enough-room.ts'
import { gatewayEffects } from './gateway/gateway-effects.ts'
import { startHousekeeping } from './gateway/housekeeping.ts'
import { openIntakeDesk } from './gateway/intake-desk.ts'
import { newMessageId } from './gateway/message-id.ts'
import { openIntake } from './gateway/open-intake.ts'
import { refuseEarly } from './gateway/refuse-early.ts'
import { refuseTooMuch } from './gateway/refuse-too-much.ts'
import { releaseParts } from './gateway/release-parts.ts'
import { entriesInForce } from './gateway/rules-with-entries.ts'
import { openWorkFolder } from './gateway/work-folder.ts'
import { openObservedClock } from './holding/observed-clock.ts'
import { startReleaseLoop } from './holding/release-loop.ts'
import { scanWith } from './inspection/clamd.ts'
import { openDnsLists } from './inspection/dns-lists.ts'
import { believeFreshSignatures } from './inspection/fresh-signatures.ts'
import { domainOfSender } from './inspection/list-names.ts'
import { openAddressLookup, openResolver } from './inspection/resolver.ts'
import { scannerState } from './inspection/scanner-state.ts'
import { keyDiscovery } from './keys/discovery/discover-keys.ts'
import { openSources } from './keys/discovery/open-sources.ts'
import { offerKey } from './keys/offer-key.ts'
import { addOwnAnchors, revokedByUs } from './keys/own-authority/own-anchors.ts'
import { listsInFiles } from './keys/revocation/lists-in-files.ts'
import { listsOnDisk } from './keys/revocation/lists-on-disk.ts'
import { openRevocation } from './keys/revocation/open-revocation.ts'
import { partnerAnchorsFrom } from './keys/x509/partner-anchors.ts'
import { readTrustAnchors } from './keys/x509/trust-anchors.ts'
import type { Log } from './log/events.ts'
import { describeError } from './log/json-log.ts'
import { startMilterServer } from './milter/server.ts'
import { startSocketmapServer } from './partners/socketmap-server.ts'
import { tlsPolicyFor } from './partners/tls-policy.ts'
import { partnerAuthoritiesFor } from './policy/find-policy.ts'
import { openMailCrypto } from './protection/threads/mail-crypto.ts'
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
/** The portal asks each question once at a time, for all its visitors. */
const maxPortalQuestions = 16
const ownAuthoritiesEveryMs = 60_000
const entriesEveryMs = 60_000

/** Opens everything, listens, and only then is ready. Fails with a clear error if any part cannot be opened. */
export async function startGateway(settings: Settings, log: Log): Promise<RunningGateway> {
  const realNow = () => new Date()
  const now = settings.testMode ? openSimulatedClock(settings.testMode.clock) : realNow
  if (settings.testMode) {
    const warning = 'TEST MODE: the time of this gateway is simulated'
    log({ event: 'test-mode', warning, clock: settings.testMode.clock, time: now().toISOString() })
  }
  const onError = (error: unknown, where: string) =>
    log({ event: 'problem', where, error: describeError(error) })
  await using parts = new AsyncDisposableStack()

  const spoolFolder = join(settings.state, 'spool')
  await mkdir(spoolFolder, { recursive: true, mode: 0o700 })
  const [masterKey, anchorsInFiles, group] = await Promise.all([
    readMasterKey(settings.masterKey),
    readTrustAnchors(settings.trustAnchors),
    groupId(settings.socketGroup, 'socketGroup'),
  ])
  const storage = parts.use(
    await openStorage({ database: settings.database, blobs: settings.blobs, masterKey }),
  )
  const anchors = [...anchorsInFiles]
  const trustOwnAuthorities = () => addOwnAnchors(anchors, storage.ownAuthorities)
  await trustOwnAuthorities()
  // Authorities that were made on another node.
  const anchorTimer = setInterval(
    () => trustOwnAuthorities().catch((error: unknown) => onError(error, 'own authorities')),
    ownAuthoritiesEveryMs,
  )
  parts.defer(() => clearInterval(anchorTimer))
  const partnerAnchors = partnerAnchorsFrom(
    (address) => partnerAuthoritiesFor(policies.inForce, address),
    (error) => onError(error, 'authorities of a partner'),
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
    // How old the scanner's signatures are is a matter of its own clock.
    now: realNow,
  })
  const lookup = openResolver(settings.resolver, { perQueryMs: 3000 })
  const lists = openDnsLists(settings.lists, {
    lookup: openAddressLookup(settings.resolver, { perQueryMs: 2000 }),
    now,
    onChange: ({ list, state, reason }) => log({ event: 'dns-list', list, state, reason }),
  })
  const entries = await entriesInForce(storage.senderEntries)
  // Entries that were made on another node.
  const entryTimer = setInterval(
    () => entries.refresh().catch((error: unknown) => onError(error, 'block and allow list')),
    entriesEveryMs,
  )
  parts.defer(() => clearInterval(entryTimer))
  const closing = new AbortController()
  parts.defer(() => closing.abort())
  const checkRevocation = openRevocation({
    mode: settings.revocation,
    lookup,
    privateHosts: settings.privateHosts,
    listsAtHand: listsInFiles(settings.trustAnchors, (error) => onError(error, 'revocation lists')),
    onDisk: listsOnDisk(join(settings.state, 'revocation')),
    knownHere: revokedByUs(storage.ownAuthorities),
    closing: closing.signal,
  })
  const discover = keyDiscovery({
    sources: await openSources(settings.discovery, { lookup, resolver: settings.resolver }),
    discoveries: storage.discoveries,
    ownDomains: settings.organization.domains,
    offer: (key, at) => offerKey(key, { keyStore: storage.keyStore, anchors, partnerAnchors, at }),
    now,
  })
  const converter = converterAt(settings.listen.converter)
  const crypto = parts.use(openMailCrypto())
  const observed = settings.testMode
    ? { now: () => now().getTime(), tick: async () => {} }
    : await openObservedClock(storage.observedTime)
  const workFolder = parts.use(await openWorkFolder(spoolFolder)).path

  const noticeHouse: NoticeHouse = {
    listener: settings.postfix.notices,
    organization: { name: settings.organization.name, domain: settings.organization.domains[0] ?? '' },
  }
  const intake = openIntake(settings, {
    ...{ storage, anchors, partnerAnchors, checkRevocation, house: noticeHouse, now, log },
    openWorkspace: () => openWorkspace(spoolFolder, { sizeLimit: workspaceLimit(settings) }),
    onError: (error) => onError(error, 'intake'),
  })
  const gateway = gatewayEffects({
    settings,
    storage,
    anchors,
    partnerAnchors,
    checkRevocation,
    discover,
    scan,
    lookup,
    lists,
    converter,
    crypto,
    observed,
    workFolder,
    intake: intake && openIntakeDesk(intake),
    rules: () => entries.rules(policies.inForce),
    now,
    log,
  })
  const enoughRoom = enoughRoomIn(settings.state)
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
          acceptRecipient: ({ recipients }, recipient) =>
            acceptOutboundRecipient(gateway, recipients, recipient),
        }
      : {
          acceptRecipient: (transaction, recipient) =>
            refuseEarly(transaction, recipient, gateway, newMessageId),
          refuse: (transaction, failure) => refuseTooMuch(transaction, failure, gateway, newMessageId),
          askAhead: ({ address }, sender) =>
            lists.askAhead({ ip: address, envelope: sender && domainOfSender(sender) }),
        }),
  })
  const listen = async (direction: MessageHandling['direction']) => {
    const server = await startMilterServer({
      listen: settings.listen[direction],
      newFilter: () => collectMessages(handling(direction)),
      decides: ['recipient'],
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
      // A whole message in base64.
      maxLineBytes: Math.ceil(settings.limits.messageBytes * 1.4) + 64 * 1024,
      calls: controlCalls,
      handlers: controlHandlers({
        settings,
        storage,
        anchors,
        partnerAnchors,
        checkRevocation,
        discover,
        trustOwnAuthorities,
        policies,
        explaining: {
          gateway,
          effects: storage.effects,
          now,
          newId: newMessageId,
          // In memory: the spool is for mail.
          openWorkspace: () =>
            openWorkspace(spoolFolder, {
              memoryLimit: workspaceLimit(settings),
              sizeLimit: workspaceLimit(settings),
            }),
        },
        observed,
        intake,
        log,
        now,
        connections: () => ({ inbound: inbound.connections, outbound: outbound.connections }),
        entries,
        lists: lists.states,
        scannerState: () => scannerState(scan, now(), AbortSignal.timeout(5000)),
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
  parts.use(
    startHousekeeping({
      settings,
      storage,
      rules: () => policies.inForce,
      observed,
      intake,
      send: (notice) => sendNotice(notice, noticeHouse),
      now,
      log,
      onError: (error) => onError(error, 'housekeeping'),
      ...(settings.testMode ? { lookEveryMs: 1000 } : {}),
    }),
  )

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

/** Postfix connects as its own user, which gets in by the group. */
async function giveToGroup(listen: string, group: number): Promise<void> {
  if (!listen.startsWith('/')) return
  await chown(listen, -1, group)
  await chmod(listen, 0o660)
}
