import type { Settings } from '../config/settings.ts'
import type { Converter } from '../converter/converter.ts'
import { convertOutbound } from '../delivery/convert-outbound.ts'
import type { Accepted } from '../delivery/deliver-inbound.ts'
import { deliverInbound } from '../delivery/deliver-inbound.ts'
import { protect } from '../delivery/protect.ts'
import { TemporaryFailure } from '../failure.ts'
import type { Original } from '../holding/hold-originals.ts'
import { holdOriginals } from '../holding/hold-originals.ts'
import type { ObservedClock } from '../holding/observed-clock.ts'
import { authenticate } from '../inspection/authenticate.ts'
import type { Scan } from '../inspection/clamd.ts'
import { openScorer } from '../inspection/content-scorer/open-scorer.ts'
import { detectContent } from '../inspection/detect-content.ts'
import type { DnsLists } from '../inspection/dns-lists.ts'
import { findDeceptionWith } from '../inspection/find-deception.ts'
import { type GatheredFacts, gatherInboundFacts } from '../inspection/gather-facts.ts'
import { guardedDomainsOf } from '../inspection/guarded-domains.ts'
import { isCalendarMessage } from '../inspection/is-calendar-message.ts'
import type { Lookup } from '../inspection/resolver.ts'
import { askedOnce } from '../keys/asked-once.ts'
import type { DiscoverKeys } from '../keys/discovery/discover-keys.ts'
import { findOpenPgpSigner } from '../keys/find-openpgp-keys.ts'
import { findAuthorsSigner, findWays } from '../keys/find-ways.ts'
import { harvest, keysInMail } from '../keys/harvest.ts'
import type { CheckRevocation } from '../keys/revocation/revocation.ts'
import type { Certificate } from '../keys/x509/certificate.ts'
import type { PartnerAnchors } from '../keys/x509/partner-anchors.ts'
import type { Log } from '../log/events.ts'
import { describeError } from '../log/json-log.ts'
import type { Workspace } from '../message/byte-source.ts'
import { firstValue } from '../message/header.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import type { PolicySet } from '../policy/policy.ts'
import { authorProtection } from '../protection/author-protection.ts'
import { keysForLayers } from '../protection/keys-for-layers.ts'
import { openLayers } from '../protection/open-layers.ts'
import { openMessage } from '../protection/open-message.ts'
import type { MailCrypto } from '../protection/threads/mail-crypto.ts'
import type { Storage } from '../storage/open-storage.ts'
import type { Gateway } from './gateway.ts'
import type { IntakeDesk } from './intake-desk.ts'

/** The parts that are open while the gateway runs. */
export interface GatewayParts {
  readonly settings: Settings
  readonly storage: Storage
  readonly anchors: readonly Certificate[]
  readonly partnerAnchors: PartnerAnchors
  readonly checkRevocation: CheckRevocation
  readonly discover: DiscoverKeys
  readonly scan: Scan
  readonly lookup: Lookup
  readonly lists: DnsLists
  readonly converter: Converter
  readonly crypto: MailCrypto
  readonly observed: ObservedClock
  readonly intake: IntakeDesk | undefined
  /** For plain text on its way into a container. */
  readonly workFolder: string
  readonly rules: () => PolicySet
  readonly now: () => Date
  readonly log: Log
}

/** What the way of a message asks and does, made of the open parts. */
export function gatewayEffects(parts: GatewayParts): Gateway {
  const { settings, storage, converter, crypto, now, log } = parts
  const { organization } = settings
  const wayStores = {
    keyStore: storage.keyStore,
    pdfPasswords: storage.pdfPasswords,
    anchors: parts.anchors,
    partnerAnchors: parts.partnerAnchors,
    checkRevocation: parts.checkRevocation,
  }
  const layers = openLayers(keysForLayers(storage.keyStore, parts), crypto)
  const weights = () => parts.rules().trust
  const domains = guardedDomainsOf({
    ownDomains: organization.domains,
    memory: storage.trustMemory,
    weights,
    now,
  })
  const factSources = {
    authenticate: (message: ReceivedMessage, until: AbortSignal) =>
      authenticate(message, parts.lookup, until),
    open: (message: ReceivedMessage, workspace: Workspace, until: AbortSignal) =>
      openMessage(message, layers, workspace, until),
    scan: parts.scan,
    scoreContent: openScorer(settings.scorer),
    findDeception: findDeceptionWith({
      ownDomains: organization.domains,
      domains,
      people: storage.knownPeople,
    }),
    memory: storage.trustMemory,
    weights,
    now,
    askLists: parts.lists.ask,
    ownDomains: organization.domains,
  }
  return {
    organization,
    now,
    log,
    rules: parts.rules,
    decisions: storage.decisions,
    memory: storage.trustMemory,
    people: storage.knownPeople,
    keepsNames: settings.trust.clearText !== undefined,
    effects: storage.effects,
    waiting: storage.waitingMessages,
    gatherFacts: (message, workspace, signal) => gatherInboundFacts(message, factSources, workspace, signal),
    deliverInbound: (message, accepted, workspace, signal) => {
      const telephone = accepted.policy.telephone ?? organization.telephone
      const hold = (subject: ReceivedMessage, originals: readonly Original[]) =>
        takeIntoCustody(subject, originals, accepted, parts)
      return deliverInbound(message, accepted, { converter, telephone, hold }, workspace, signal)
    },
    intake: parts.intake,
    harvest: (message, gathered) => harvestFrom(message, gathered, parts),
    findWays: (recipient, at, { protection, keyTrust }, signal) => {
      // Nobody is asked for keys that the policy has no use for.
      const usesKeys = protection.includes('smime') || protection.includes('openpgp')
      const stores = usesKeys ? { ...wayStores, discover: parts.discover } : wayStores
      return findWays(stores, recipient, at, keyTrust, signal)
    },
    findSigners: async (author, at) => {
      const keyStore = askedOnce(storage.keyStore)
      const { signer: smime, awaitsRevocation } = await findAuthorsSigner(
        { ...wayStores, keyStore },
        author,
        at,
      )
      const openpgp = author === undefined ? undefined : await findOpenPgpSigner(keyStore, author, at)
      return { smime, openpgp: openpgp?.armored, awaitsRevocation }
    },
    inspectOutbound: async (message, workspace) => ({
      author: await authorProtection(message, workspace),
      isCalendar: isCalendarMessage(message.tree.root),
    }),
    detectContent,
    convertOutbound: (message, office, workspace, signal) =>
      convertOutbound(message, office, converter, workspace, signal),
    protect: (message, order, workspace, signal) =>
      protect(
        message,
        order,
        { converter, crypto, workFolder: parts.workFolder, organization },
        workspace,
        signal,
      ),
  }
}

/** What the mail brings is read before it is over; what becomes of it in the store costs the sender no time. */
async function harvestFrom(
  { fields }: ReceivedMessage,
  { facts, opened: { message, brought } }: GatheredFacts,
  { settings, storage, anchors, partnerAnchors, now, log }: GatewayParts,
): Promise<void> {
  const { author, dkim, dmarc } = facts.authentication
  // The keys of our own people are brought in by administrators.
  if (!author || facts.ownDomain) return
  const fail = (error: unknown) =>
    log({ event: 'problem', where: 'keys in mail', error: describeError(error) })
  try {
    const isAuthentic =
      dmarc.result === 'pass' ||
      dkim.some(
        ({ result, aligned, bodyLengthLimited }) => result === 'pass' && aligned && !bodyLengthLimited,
      )
    const opened = { source: message.source, root: message.tree.root }
    const mail = { fields, author: author.address, isAuthentic, brought, opened }
    const keys = await keysInMail(mail, settings.discovery, now())
    const offerParts = { keyStore: storage.keyStore, anchors, partnerAnchors, at: now() }
    if (keys.length > 0) harvest(keys, offerParts).catch(fail)
  } catch (error) {
    fail(error)
  }
}

/** Nothing is held that was not found clean; what is not scanned yet waits outside. */
async function takeIntoCustody(
  message: ReceivedMessage,
  originals: readonly Original[],
  { facts, policy }: Accepted,
  { storage, observed, now, log }: GatewayParts,
) {
  const { scan, authentication } = facts
  if (scan.kind !== 'clean') throw new TemporaryFailure('3.0', 'Not scanned for viruses yet')
  const kept = await holdOriginals(
    {
      recipients: message.recipients,
      sender: message.sender,
      author: authentication.author?.address,
      messageId: firstValue(message.fields, 'message-id') ?? '',
      digest: message.digest,
    },
    originals,
    {
      scan: {
        at: message.receivedAt,
        signatures: scan.signatures,
        signaturesBuiltAt: scan.signaturesBuiltAt,
      },
      hold: policy.hold,
      now: now(),
    },
    { held: storage.heldOriginals, blobs: storage.blobs, observed },
  )
  for (const { id, releaseAt } of kept) {
    log({ event: 'held', id, message: message.id, releaseAt: releaseAt.toISOString() })
  }
  return kept
}
