import type { DiscoverKeys } from '../../keys/discovery/discover-keys.ts'
import { findOpenPgpSigner } from '../../keys/find-openpgp-keys.ts'
import { findSigner } from '../../keys/find-signer.ts'
import { findWays, type WayStores } from '../../keys/find-ways.ts'
import { exportKey, exportPrivateKey } from '../../keys/import/export-key.ts'
import { importKeys } from '../../keys/import/import-keys.ts'
import { KeyImportError } from '../../keys/import/key-import-error.ts'
import { takeIn } from '../../keys/import/take-in.ts'
import { joinRequestedKey, settleRequest } from '../../keys/own-authority/key-request.ts'
import { type Certificate, canonicalAddress, readCertificate } from '../../keys/x509/certificate.ts'
import type { KeyStore, KeyTrust, StoredKey } from '../../storage/key-store.ts'
import type { Storage } from '../../storage/open-storage.ts'
import { retryWaiting, type WaitingParts } from '../retry-waiting.ts'
import { type CallHandlers, ControlRefusal } from './control-server.ts'
import type { KeyAct, KeyAnswers, keyCalls, ShownKey } from './key-calls.ts'

export interface KeyParts extends WaitingParts {
  readonly storage: Pick<Storage, 'keyStore' | 'pdfPasswords' | 'waitingMessages' | 'keyRequests'>
  /** The authorities in force. */
  readonly anchors: readonly Certificate[]
  readonly partnerAnchors?: WayStores['partnerAnchors']
  readonly checkRevocation?: WayStores['checkRevocation']
  readonly discover?: DiscoverKeys
  /** The least trust of OpenPGP keys that the policy in force wants for a recipient. */
  readonly leastTrustFor: (recipient: string) => KeyTrust
  readonly now: () => Date
}

/** Discovery has limits of its own, below this. */
const discoveryPatienceMs = 30_000

/** What an administrator does with certificates and keys. */
export function keyHandlers(parts: KeyParts): CallHandlers<typeof keyCalls, KeyAnswers> {
  const { keyStore, keyRequests } = parts.storage
  return {
    async 'key-import'({ file, password, domain }) {
      const imported = await importKeys(Buffer.from(file, 'base64'), {
        ...{ source: 'import', trust: 'manual', at: parts.now() },
        ...(password === undefined ? {} : { password }),
        ...(domain === undefined ? {} : { domain: domain.toLowerCase() }),
      }).catch((error: unknown) => {
        // The file is to blame, and whoever brought it can mend it.
        throw error instanceof KeyImportError ? new ControlRefusal(error.message, { cause: error }) : error
      })
      const keys: StoredKey[] = []
      for (const read of imported) {
        const each = await joinRequestedKey(read, keyRequests)
        await takeIn(keyStore, each)
        await settleRequest(each, keyRequests)
        parts.log({
          event: 'key-changed',
          act: 'import',
          kind: each.key.kind,
          fingerprint: each.key.fingerprint,
        })
        keys.push((await keyStore.byFingerprint(each.key.fingerprint)) ?? each.key)
      }
      return { imported: keys.map(shown), retried: await retryFor(keys, parts) }
    },
    async 'key-list'({ address, state }) {
      const keys = address === undefined ? await keyStore.list() : await keyStore.find(address)
      return keys.filter((each) => state === undefined || each.state === state).map(shown)
    },
    async 'key-show'({ key }) {
      const found = await theKey(key, keyStore)
      const x509 = found.kind === 'smime' ? readCertificate(found.material).x509 : undefined
      return { ...shown(found), subject: oneLine(x509?.subject), issuer: oneLine(x509?.issuer) }
    },
    async 'key-export'({ key }) {
      return { text: exportKey(await theKey(key, keyStore)) }
    },
    async 'key-export-private'({ key, password }) {
      const found = await theKey(key, keyStore)
      const privateKey = await keyStore.privateKeyOf(found.fingerprint)
      if (privateKey === undefined)
        throw new ControlRefusal(`The private key of ${found.fingerprint} is not here.`)
      const bytes = await exportPrivateKey(found, privateKey, password)
      parts.log({
        event: 'key-changed',
        act: 'export-private',
        kind: found.kind,
        fingerprint: found.fingerprint,
      })
      const name = found.addresses[0]?.replaceAll(/[^a-z0-9@.-]/g, '_') ?? found.fingerprint.slice(0, 16)
      return {
        fileName: `${name}.${found.kind === 'smime' ? 'p12' : 'asc'}`,
        bytes: Buffer.from(bytes).toString('base64'),
      }
    },
    async 'key-change'({ key, act }) {
      const found = await theKey(key, keyStore, act === 'accept' || act === 'refuse' ? 'pending' : undefined)
      if (!(await carryOut(act, found, keyStore))) throw new ControlRefusal(objectionTo(act, found))
      parts.log({ event: 'key-changed', act, kind: found.kind, fingerprint: found.fingerprint })
      const after = (await keyStore.byFingerprint(found.fingerprint)) ?? found
      return { key: shown(after), retried: act === 'accept' ? await retryFor([after], parts) : [] }
    },
    async 'key-domain'({ key, domain }) {
      const { fingerprint } = await theKey(key, keyStore)
      if (domain === 'none') await keyStore.serveNoDomain(fingerprint)
      else await keyStore.serveDomain(fingerprint, domain.toLowerCase())
      const after = await theKey(fingerprint, keyStore)
      parts.log({ event: 'key-changed', act: 'domain', kind: after.kind, fingerprint })
      return { key: shown(after), retried: await retryFor([after], parts) }
    },
    'key-explain': ({ address }) => explain(address, parts),
    async 'key-discover'({ address }) {
      const patience = AbortSignal.timeout(discoveryPatienceMs)
      const report = await parts.discover?.(address, patience, { anew: true })
      return {
        sources: report?.sources ?? [],
        retried: report?.isRicher ? await retryWaiting(address, parts) : [],
      }
    },
  }
}

function carryOut(act: KeyAct, { fingerprint, state }: StoredKey, keyStore: KeyStore): Promise<boolean> {
  switch (act) {
    case 'accept':
      return keyStore.change(fingerprint, 'pending', 'active')
    case 'refuse':
      // Kept as retired: the next mail of its owner would bring it to review again otherwise.
      return keyStore.change(fingerprint, 'pending', 'retired')
    case 'retire':
      return keyStore.change(fingerprint, 'active', 'retired')
    case 'pin':
      // What is not in use would leave the address without any key.
      return state === 'active' ? keyStore.pin(fingerprint, true) : Promise.resolve(false)
    case 'unpin':
      return keyStore.pin(fingerprint, false)
    case 'remove':
      return keyStore.remove(fingerprint)
  }
}

function objectionTo(act: KeyAct, { fingerprint, state }: StoredKey): string {
  const wanted = act === 'accept' || act === 'refuse' ? 'pending' : 'active'
  return `${fingerprint} is ${state}, not ${wanted}.`
}

/** The one key that is meant; in doubt none. */
export async function theKey(
  meant: string,
  keyStore: Pick<KeyStore, 'find' | 'list'>,
  state?: StoredKey['state'],
): Promise<StoredKey> {
  const begin = meant.toLowerCase()
  const found = meant.includes('@')
    ? (await keyStore.find(meant)).filter(
        ({ addresses, state: its }) =>
          addresses.includes(canonicalAddress(meant) ?? '') && its === (state ?? its),
      )
    : (await keyStore.list()).filter(({ fingerprint }) => fingerprint.startsWith(begin))
  const [one, ...others] = found
  if (!one) throw new ControlRefusal(`There is no key ${meant}.`)
  if (others.length > 0)
    throw new ControlRefusal(
      `${meant} has several keys, name one of them: ${found.map(({ fingerprint }) => fingerprint).join(', ')}.`,
    )
  return one
}

/** What waits for these keys: mail to their addresses, and to anybody at their domains. */
async function retryFor(keys: readonly StoredKey[], parts: KeyParts): Promise<string[]> {
  const domains = keys.flatMap((key) => key.domains)
  const waiting = domains.length > 0 ? await parts.storage.waitingMessages.list() : []
  const recipients = new Set([
    ...keys.flatMap(({ addresses }) => addresses),
    ...waiting
      .map(({ recipient }) => recipient)
      .filter((recipient) => domains.some((domain) => recipient.toLowerCase().endsWith(`@${domain}`))),
  ])
  const retried: string[] = []
  for (const recipient of recipients) retried.push(...(await retryWaiting(recipient, parts)))
  return retried
}

async function explain(address: string, parts: KeyParts): Promise<KeyAnswers['key-explain']> {
  const { keyStore, pdfPasswords } = parts.storage
  const at = parts.now()
  const { anchors, partnerAnchors, checkRevocation } = parts
  const sources = {
    ...{ keyStore, pdfPasswords, anchors },
    ...(partnerAnchors ? { partnerAnchors } : {}),
    ...(checkRevocation ? { checkRevocation } : {}),
  }
  const ways = await findWays(sources, address, at, parts.leastTrustFor(address))
  const own = (await keyStore.find(address)).some(({ hasPrivateKey }) => hasPrivateKey)
  const { signer, setAside } = await findSigner(sources, address, at)
  const pgp = await findOpenPgpSigner(keyStore, address, at)
  return {
    encrypt: [...ways.reasons, ...(ways.password ? ['a PDF password is set'] : [])],
    sign: own
      ? [
          ...(signer ? [`smime ${signer.certificate.fingerprint.slice(0, 16)} signs`] : []),
          ...(pgp ? [`openpgp ${pgp.fingerprint.slice(0, 16)} signs`] : []),
          ...setAside.map(
            ({ key, reason, detail }) =>
              `${key.kind} ${key.fingerprint.slice(0, 16)} set aside: ${reason}, ${detail}`,
          ),
        ]
      : [],
  }
}

/** A key as administrators see it. */
export function shown({ material: _material, chain: _chain, ...key }: StoredKey): ShownKey {
  return key
}

/** Node writes one attribute a line, most general first; people look for the name first. */
function oneLine(name: string | undefined): string | undefined {
  return name?.split('\n').toReversed().join(', ')
}
