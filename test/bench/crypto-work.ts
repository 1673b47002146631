/** A process of its own: `crypto-work.ts KIND BYTES ROUNDS FOLDER` does it through our threads and prints CryptoWork as JSON. */
import { partBytes } from '../../src/message/build-part.ts'
import { type ByteSource, bytesInMemory, type Workspace } from '../../src/message/byte-source.ts'
import { decoded } from '../../src/message/decode-body.ts'
import type { MimeEntity } from '../../src/message/mime-entity.ts'
import { MimeScanner } from '../../src/message/mime-scanner.ts'
import { openMailCrypto } from '../../src/protection/threads/mail-crypto.ts'
import { openWorkspace } from '../../src/storage/spool.ts'
import { testDecryptionKey } from '../support/decryption-key.ts'
import { armoredKey } from '../support/openpgp-judges.ts'
import { testCertificate, testSigner } from '../support/test-keys.ts'
import { peakMiB } from './process-usage.ts'

export const kinds = ['smime-protect', 'smime-open', 'openpgp-protect', 'openpgp-open'] as const
export type WorkKind = (typeof kinds)[number]

export interface CryptoWork {
  /** One for each round; the first one, which loads and compiles, is left out. */
  readonly ms: readonly number[]
  readonly cpuMs: readonly number[]
  /** Of the whole process, from its start. */
  readonly peakMiB: number
}

const never = new AbortController().signal
const recipients = [{ certificate: testCertificate('bob-rsa'), keyTransport: 'rsa-pkcs1' }] as const
const openPgpKeys = {
  signer: armoredKey('carol-rsa3072', 'sec'),
  recipients: [armoredKey('dave-curve25519', 'pub')],
}
const reader = {
  privateKeys: [armoredKey('dave-curve25519', 'sec')],
  verificationKeys: [armoredKey('carol-rsa3072', 'pub')],
}

async function main(): Promise<void> {
  const [kind, bytes, rounds, folder = ''] = process.argv.slice(2)
  await using crypto = openMailCrypto()
  const one = (kind as WorkKind).startsWith('smime') ? smime : openPgp
  const work = { ms: [] as number[], cpuMs: [] as number[] }
  for (let round = 0; round <= Number(rounds); round += 1) {
    await using workspace = openWorkspace(folder, { sizeLimit: 400e6 })
    const entity = {
      fields: contentFields,
      body: await workspace.collect(textOf(Number(bytes))),
    }
    let taken = await timed(() => one.protect(crypto, entity, workspace))
    if (kind?.endsWith('-open')) {
      const { result } = taken
      taken = await timed(() => one.open(crypto, result, workspace))
    }
    if (round > 0) {
      work.ms.push(taken.ms)
      work.cpuMs.push(taken.cpuMs)
    }
  }
  process.stdout.write(`${JSON.stringify({ ...work, peakMiB: peakMiB(process.pid) } satisfies CryptoWork)}\n`)
}

type Crypto = ReturnType<typeof openMailCrypto>

const smime = {
  async protect(crypto: Crypto, entity: MimeEntity, workspace: Workspace): Promise<MimeEntity> {
    const signed = await crypto.signEntity(
      never,
      entity,
      testSigner('alice-rsa'),
      'clear',
      workspace,
      new Date(),
    )
    return crypto.encryptEntity(never, signed, recipients, 'aes-256-cbc', workspace)
  },
  async open(crypto: Crypto, { body }: MimeEntity, workspace: Workspace): Promise<MimeEntity> {
    const cms = await workspace.collect(
      decoded(body, { bodyStart: 0, bodyEnd: body.size, transferEncoding: 'base64' }),
    )
    const opened = await crypto.openEnvelope(never, cms, [testDecryptionKey('bob-rsa')], workspace)
    if (opened.kind !== 'opened') throw new Error(opened.detail)
    const [covered, signature] = await partsOf(opened.content)
    if (!covered || !signature) throw new Error('not two parts')
    const detached = await workspace.collect(decoded(opened.content, signature))
    const bytes = opened.content.window(covered.headerStart, covered.bodyEnd)
    const { signers } = await crypto.verifySignedData(never, detached, bytes, workspace)
    if (!signers[0]?.isIntact) throw new Error('the signature is not good')
    return { fields: [], body: bytes }
  },
}

const openPgp = {
  protect: (crypto: Crypto, entity: MimeEntity, workspace: Workspace): Promise<MimeEntity> =>
    crypto.signAndEncryptOpenPgp(never, entity, openPgpKeys, workspace, new Date()),
  async open(crypto: Crypto, entity: MimeEntity, workspace: Workspace): Promise<MimeEntity> {
    const whole = partBytes(entity)
    const [, part] = await partsOf(whole)
    if (!part) throw new Error('not two parts')
    const message = whole.window(part.bodyStart, part.bodyEnd)
    const opened = await crypto.openOpenPgp(never, message, reader, workspace, new Date())
    if (opened.kind !== 'opened') throw new Error(opened.detail)
    if (opened.signatures[0]?.problem !== undefined) throw new Error('the signature is not good')
    return { fields: [], body: opened.content }
  },
}

async function timed<Result>(work: () => Promise<Result>) {
  const cpu = process.cpuUsage()
  const began = performance.now()
  const result = await work()
  const { user, system } = process.cpuUsage(cpu)
  return { result, ms: performance.now() - began, cpuMs: (user + system) / 1000 }
}

async function partsOf(source: ByteSource) {
  const scanner = new MimeScanner()
  for await (const piece of source.stream()) scanner.push(piece)
  return scanner.end().root.children
}

/** Nearly all of a large mail is a file in base64. */
export const contentFields = [
  { name: 'Content-Type', value: ' application/octet-stream' },
  { name: 'Content-Transfer-Encoding', value: ' base64' },
]

export async function* textOf(bytes: number): AsyncGenerator<Uint8Array> {
  const line = Buffer.from(`${Buffer.alloc(57, 'Zahlen').toString('base64')}\r\n`)
  const block = Buffer.concat(Array.from({ length: 800 }, () => line))
  for (let left = bytes; left > 0; left -= block.length) {
    yield* bytesInMemory(block.subarray(0, Math.min(left, block.length))).stream()
  }
}

if (import.meta.main) await main()
