import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { decideInbound } from '../../src/decision/decide-inbound.ts'
import { deliverInbound } from '../../src/delivery/deliver-inbound.ts'
import { readOpenPgpKey } from '../../src/keys/openpgp/openpgp-key.ts'
import type { RevocationStatus } from '../../src/keys/revocation/revocation.ts'
import { partBytes } from '../../src/message/build-part.ts'
import type { Workspace } from '../../src/message/byte-source.ts'
import { decodeText } from '../../src/message/encoded-words.ts'
import type { AuthenticationFacts } from '../../src/message/facts.ts'
import { firstValue } from '../../src/message/header.ts'
import type { MimeEntity } from '../../src/message/mime-entity.ts'
import { builtInInbound } from '../../src/policy/find-policy.ts'
import type { InboundPolicy } from '../../src/policy/policy.ts'
import { keysForLayers } from '../../src/protection/keys-for-layers.ts'
import { openLayers } from '../../src/protection/open-layers.ts'
import { openMessage } from '../../src/protection/open-message.ts'
import { mailCryptoHere } from '../../src/protection/threads/mail-crypto.ts'
import type { StoredKey } from '../../src/storage/key-store.ts'
import { openWorkspace } from '../../src/storage/spool.ts'
import { applyEdits } from './apply-edits.ts'
import { inboundFacts, inboundQuestion } from './inbound-facts.ts'
import { armoredKey } from './openpgp-judges.ts'
import { receivedMessage } from './received-message.ts'
import { allOf } from './smime-judges.ts'
import { storedCertificate } from './stored-key.ts'
import { testCertificate, testKeyFile } from './test-keys.ts'

const signal = AbortSignal.timeout(60_000)

/** Our own keys are those of alice@kanzlei.example; others are told. */
export interface Arrival {
  readonly policy?: Partial<InboundPolicy>
  /** OpenPGP keys that the store has for their addresses. */
  readonly known?: readonly StoredKey[]
  /** Our OpenPGP private keys, armored, by fingerprint. */
  readonly ownOpenPgp?: ReadonlyMap<string, { readonly key: StoredKey; readonly armored: string }>
}

const ownCertificates = ['alice-rsa', 'alice-ec']

function keyStore({ known = [], ownOpenPgp = new Map() }: Arrival) {
  const smime = ownCertificates.map((name) =>
    storedCertificate(testCertificate(name), { hasPrivateKey: true }),
  )
  return {
    find: async (address: string) =>
      known.filter(({ addresses }) => addresses.includes(address.toLowerCase())),
    ownKeys: async () => [...smime, ...[...ownOpenPgp.values()].map(({ key }) => key)],
    async privateKeyOf(fingerprint: string) {
      const name = ownCertificates.find((each) => testCertificate(each).fingerprint === fingerprint)
      return name === undefined
        ? ownOpenPgp.get(fingerprint)?.armored
        : readFileSync(testKeyFile(`${name}.key.pem`), 'utf8')
    },
  }
}

const revoked = testCertificate('bob-revoked').fingerprint
const checkRevocation = async ([leaf]: readonly {
  readonly fingerprint: string
}[]): Promise<RevocationStatus> => ({
  kind: leaf?.fingerprint === revoked ? 'revoked' : 'good',
  detail: 'by its list',
  checkedBy: 'crl',
  isBlocking: false,
})

/** A mail from outside as it arrives in the mailbox, by the whole way except DNS, scanner and history. */
export async function arrived(mail: string | Uint8Array, arrival: Arrival = {}) {
  await using workspace = openWorkspace(tmpdir(), { sizeLimit: 200e6 })
  const message = receivedMessage(mail, {
    recipients: ['alice@kanzlei.example'],
    receivedAt: new Date('2026-12-01T12:00:00Z'),
  })
  const openers = openLayers(
    keysForLayers(keyStore(arrival), {
      ...{ anchors: [testCertificate('root-ca')], partnerAnchors: async () => [], checkRevocation },
    }),
    mailCryptoHere,
  )
  const { message: opened, protection } = await openMessage(message, openers, workspace, signal)
  const facts = inboundFacts(authentication, { protection })
  const policy = { ...builtInInbound, ...arrival.policy }
  const outcome = decideInbound({ ...inboundQuestion, facts, policy, reference: message.id })
  const house = {
    telephone: '',
    converter: { convert: neverAsked, render: neverAsked },
    hold: neverAsked,
  }
  const accepted = { facts, opened, score: 0, signals: [], policy, policies: [policy] }
  const answer = await deliverInbound(message, accepted, house, workspace, signal)
  const whole = await applyEdits(message, answer)
  const result = receivedMessage(whole)
  const field = (name: string) => firstValue(result.fields, name)
  return {
    ...protection,
    outcome,
    reasons: protection.layers.flatMap((layer) => ('reason' in layer ? [layer.reason] : [])),
    isSame: opened === message,
    whole: whole.toString('latin1'),
    header: whole.toString('latin1', 0, result.bodyStart),
    body: whole.toString('latin1', result.bodyStart),
    subject: decodeText(field('subject') ?? ''),
    security: field('x-postsiegel-security') ?? '',
    results: field('authentication-results') ?? '',
  }
}

const neverAsked = (): never => {
  throw new Error('no Office files in these mails')
}

const authentication: AuthenticationFacts = {
  author: { address: 'bob@partner.example', domain: 'partner.example' },
  spf: { result: 'pass', domain: 'partner.example', aligned: true },
  dkim: [],
  dmarc: { result: 'pass', policy: 'reject' },
  arc: 'none',
}

/** An OpenPGP key of the test keys as the store has it. */
export async function storedOpenPgpKey(name: string, change: Partial<StoredKey> = {}): Promise<StoredKey> {
  const { fingerprint, addresses, armored, createdAt } = await readOpenPgpKey(armoredKey(name, 'pub'))
  return {
    ...{ kind: 'openpgp', fingerprint, addresses, domains: [], material: armored, chain: [] },
    ...{
      notBefore: createdAt,
      notAfter: undefined,
      hasPrivateKey: false,
      trust: 'verified',
      source: 'import',
    },
    ...{ state: 'active', pinned: false, capabilities: [], addedAt: createdAt },
    ...change,
  }
}

/** That key as one of our own. */
export async function ownOpenPgpKey(name: string) {
  const key = await storedOpenPgpKey(name, { hasPrivateKey: true })
  return new Map([[key.fingerprint, { key, armored: armoredKey(name, 'sec') }]])
}

/** An entity as a mail to alice, made by a function that has a workspace. */
export async function mailOf(
  make: (workspace: Workspace) => Promise<MimeEntity>,
  header = 'From: Bob <bob@partner.example>\r\nSubject: Vertrag\r\n',
): Promise<Buffer> {
  await using workspace = openWorkspace(tmpdir(), { sizeLimit: 200e6 })
  const entity = await make(workspace)
  return Buffer.concat([
    Buffer.from(`${header}MIME-Version: 1.0\r\n`, 'latin1'),
    await allOf(partBytes(entity)),
  ])
}
