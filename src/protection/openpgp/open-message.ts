import type { DecryptedSessionKey, enums, PrivateKey, SessionKey } from 'openpgp'
import { MailFailure, PermanentFailure } from '../../failure.ts'
import { KeyImportError } from '../../keys/import/key-import-error.ts'
import { libraryKey } from '../../keys/openpgp/openpgp-key.ts'
import {
  fullOpenPgpSettings,
  type OpenPgpLibrary,
  openPgpLibrary,
  openPgpSettings,
} from '../../keys/openpgp/openpgp-library.ts'
import type { ByteSource, Workspace } from '../../message/byte-source.ts'
import {
  type CheckedSignature,
  checkSignatures,
  mostSignatures,
  verificationKeysOf,
  withSkew,
} from './check-signatures.ts'
import { dearmored, MalformedOpenPgp } from './dearmor.ts'
import { isUnchanged } from './is-unchanged.ts'
import { fromStream, streamOf } from './library-streams.ts'
import { type MessageOutline, messageOutline } from './message-outline.ts'
import { unlessStalled, watched } from './unless-stalled.ts'

export interface OpenPgpReader {
  /** Armored, without passphrase; expired and revoked ones too, because old mail arrives late. At most 8 are tried. */
  readonly privateKeys: readonly string[]
  /** Armored public keys that may have signed. */
  readonly verificationKeys: readonly string[]
}

export type OpenedMessage =
  | {
      readonly kind: 'opened'
      /** What was encrypted, byte for byte, and known to be whole and unchanged. */
      readonly content: ByteSource
      /** `aes256`, `aes128`... as the library names them. */
      readonly cipher: string
      readonly isAuthenticated: true
      /** Of the private key that opened it. */
      readonly fingerprint: string
      readonly signatures: readonly CheckedSignature[]
    }
  | ClosedMessage

export interface ClosedMessage {
  readonly kind: 'closed'
  readonly reason: 'no-key' | 'damaged' | 'unsupported' | 'too-large'
  /** For the log, in English; never for the sender. */
  readonly detail: string
}

const mostPrivateKeys = 8
/** Session keys that are tried; each is a private key operation of up to 10 ms. */
const mostAttempts = 16
/** Eight signatures have 5 KB; the library reads some pieces ahead. */
const mostFrontBytes = 4 * 1024 * 1024
/** Nearly all mail. */
const mostInMemory = 1024 * 1024
/** 64 times as much as went in: only what is made to burst is larger. */
const mostDecompressedInMemory = 64 * 1024 * 1024

/**
 * Decrypts a message, armored or binary, and checks the signatures inside. Content is handed over only when its end has come
 * and the integrity check has passed; else nothing of it is. What has no integrity check is never decrypted (EFAIL). Fails only for reasons of our own, such as a full disk.
 */
export async function openMessage(
  source: ByteSource,
  { privateKeys, verificationKeys }: OpenPgpReader,
  workspace: Workspace,
  at: Date,
): Promise<OpenedMessage> {
  try {
    const outline = await messageOutline(source)
    const unsupported = unsupportedBy(outline)
    if (unsupported) return closed('unsupported', unsupported)
    const library = await openPgpLibrary()
    const keys = await privateKeysOf(privateKeys, library)
    const found = await sessionKeyOf(outline, keys, library, at)
    if (!found) {
      // That a session key of ours is wrong is not to be told apart from what is wrong behind it.
      const names = ({ keyId }: MessageOutline['recipients'][number]) =>
        keyId !== undefined && keys.some(({ keyIds }) => keyIds.includes(keyId))
      if (outline.recipients.some(names)) return closed('damaged', 'cannot be decrypted')
      const byPassword = outline.recipients.length === 0
      return closed('no-key', byPassword ? 'encrypted with a password' : 'encrypted to none of our keys')
    }
    return await decrypt(source, outline, found, verificationKeys, workspace, at)
  } catch (error) {
    return closedBy(error)
  }
}

function unsupportedBy({ protection, recipients, passwords }: MessageOutline): string | undefined {
  if (protection === 'bare') return 'encrypted without integrity protection'
  if (protection === 'other') return 'not an encrypted message'
  return recipients.length + passwords === 0 ? 'encrypted data without a recipient' : undefined
}

interface OurKey {
  readonly fingerprint: string
  readonly keyIds: readonly string[]
  readonly key: PrivateKey
}

async function privateKeysOf(
  armored: readonly string[],
  library: OpenPgpLibrary,
): Promise<readonly OurKey[]> {
  const keys: OurKey[] = []
  for (const text of armored.slice(0, mostPrivateKeys)) {
    const key = await libraryKey(text, library).catch((error: unknown) => {
      if (error instanceof KeyImportError) return undefined
      throw error
    })
    if (!key?.isPrivate()) continue
    keys.push({ key, fingerprint: key.getFingerprint(), keyIds: key.getKeyIDs().map((id) => id.toHex()) })
  }
  return keys
}

interface FoundSessionKey {
  readonly fingerprint: string
  readonly sessionKey: DecryptedSessionKey
}

async function sessionKeyOf(
  outline: MessageOutline,
  keys: readonly OurKey[],
  library: OpenPgpLibrary,
  at: Date,
): Promise<FoundSessionKey | undefined> {
  const attempts = [...outline.recipients]
    // Named recipients first: trying hidden ones is guessing.
    .sort((one, other) => Number(one.keyId === undefined) - Number(other.keyId === undefined))
    .flatMap(({ keyId, packet }) =>
      keys
        .filter(({ keyIds }) => keyId === undefined || keyIds.includes(keyId))
        .map(({ key, fingerprint }) => ({ key, fingerprint, packet })),
    )
    .slice(0, mostAttempts)
  for (const { key, fingerprint, packet } of attempts) {
    // A message of just this recipient: what the others hold cannot make us work.
    const binaryMessage = Buffer.concat([
      packet,
      Uint8Array.of(0xd2, outline.dataHead.length),
      outline.dataHead,
    ])
    try {
      const message = await library.readMessage({ binaryMessage, config: openPgpSettings })
      const [sessionKey] = await library.decryptSessionKeys({
        message,
        decryptionKeys: key,
        date: at,
        config: openPgpSettings,
      })
      if (sessionKey) return { fingerprint, sessionKey }
    } catch {
      // Not for this key, or damaged: which of the two nobody is to learn from us.
    }
  }
  return undefined
}

async function decrypt(
  source: ByteSource,
  outline: MessageOutline,
  { fingerprint, sessionKey }: FoundSessionKey,
  verificationKeys: readonly string[],
  workspace: Workspace,
  at: Date,
): Promise<OpenedMessage> {
  const library = await openPgpLibrary()
  const { algorithm } = sessionKey
  // Of version 2 the data names the cipher, and the library wants none here.
  const sessionKeys = { data: sessionKey.data, algorithm: algorithm as enums.symmetricNames }
  const keys = await verificationKeysOf(verificationKeys, library, at)
  return unlessStalled(async (progress) => {
    const data = { source, start: outline.dataStart, library, progress }
    const isSmall = source.size <= mostInMemory
    // The library would find out only when it has parsed what somebody changed.
    if (!isSmall && outline.protection === 'integrity' && outline.dataHead[0] === 1) {
      const packet = watched(bytesFrom(dearmored(source), outline.dataStart), progress)
      if ((await isUnchanged(packet, sessionKey)) === false) return closed('damaged', 'changed on its way')
    }
    if ((await signaturesInside(data, isSmall, sessionKeys)) > mostSignatures)
      return closed('unsupported', 'too many signatures')
    const { message, config } = isSmall
      ? await inMemory(data, mostDecompressedInMemory)
      : await inPieces(data, undefined)
    const result = await library.decrypt({
      message,
      sessionKeys,
      verificationKeys: keys.map(({ key }) => key),
      format: 'binary',
      date: withSkew(at),
      config,
    })
    const content = await workspace.collect(watched(fromStream(result.data), progress))
    const cipher = algorithm ?? library.enums.read(library.enums.symmetric, outline.dataHead[1] ?? 0)
    const signatures = await checkSignatures(result.signatures, keys)
    return { kind: 'opened', content, cipher, isAuthenticated: true, fingerprint, signatures }
  })
}

/** The encrypted data packet: `source` from `start` on, dearmored. */
interface EncryptedData {
  readonly source: ByteSource
  readonly start: number
  readonly library: OpenPgpLibrary
  readonly progress: () => void
}

/** Whole: the library then checks integrity before it parses anything. */
async function inMemory({ source, start, library, progress }: EncryptedData, mostDecompressed: number) {
  const pieces: Uint8Array[] = []
  for await (const piece of watched(bytesFrom(dearmored(source), start), progress))
    pieces.push(Uint8Array.from(piece))
  const config = { ...fullOpenPgpSettings(library), maxDecompressedMessageSize: mostDecompressed }
  return { message: await library.readMessage({ binaryMessage: Buffer.concat(pieces), config }), config }
}

/**
 * In pieces. The library checks their integrity (again) while it reads; they go into the workspace and become a source only
 * after the last one, which it gives when the check has passed. `frontBytes`: of these at most, packed and unpacked.
 */
async function inPieces({ source, start, library, progress }: EncryptedData, frontBytes: number | undefined) {
  const pieces = watched(bytesFrom(dearmored(source), start), progress)
  const strict = fullOpenPgpSettings(library)
  const config = {
    ...strict,
    allowUnauthenticatedStream: true,
    maxDecompressedMessageSize: frontBytes ?? strict.maxDecompressedMessageSize,
  }
  const binaryMessage = streamOf(frontBytes === undefined ? pieces : atMost(frontBytes, pieces))
  return { message: await library.readMessage({ binaryMessage, config }), config }
}

/**
 * How many signatures stand in front of the content. The library would start on all of them at once, each a hash over
 * everything; so we look first, at the front only.
 */
async function signaturesInside(
  data: EncryptedData,
  isSmall: boolean,
  sessionKey: SessionKey,
): Promise<number> {
  const { enums: names } = data.library
  const count = async ({ message, config }: Awaited<ReturnType<typeof inPieces>>) => {
    const decrypted = await message.decrypt(undefined, undefined, [sessionKey], undefined, config)
    const { packets } = decrypted.unwrapCompressed()
    return packets.filterByTag(names.packet.onePassSignature, names.packet.signature).length
  }
  if (!isSmall) return count(await inPieces(data, mostFrontBytes))
  try {
    return await count(await inMemory(data, mostInMemory))
  } catch (error) {
    // What is this small and unpacks to more.
    if (isTooLarge(error)) return count(await inPieces(data, mostFrontBytes))
    throw error
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && /Maximum decompressed message size exceeded/.test(error.message)
}

async function* atMost(limit: number, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let length = 0
  for await (const piece of pieces) {
    length += piece.length
    if (length > limit) throw new MalformedOpenPgp('nothing but signatures')
    yield piece
  }
}

/** The bytes from `start` on. */
async function* bytesFrom(pieces: AsyncIterable<Uint8Array>, start: number): AsyncGenerator<Uint8Array> {
  let at = 0
  for await (const piece of pieces) {
    if (at + piece.length > start) yield piece.subarray(Math.max(0, start - at))
    at += piece.length
  }
}

/** What is wrong with the message makes it closed; what is wrong with us rises. */
function closedBy(error: unknown): ClosedMessage {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof PermanentFailure) return closed('too-large', inner.message)
    if (inner instanceof MailFailure) throw inner
  }
  const text = error instanceof Error ? error.message : 'not readable'
  if (isTooLarge(error)) return closed('too-large', 'expands too far')
  return closed('damaged', text)
}

function closed(reason: ClosedMessage['reason'], detail: string): ClosedMessage {
  return { kind: 'closed', reason, detail: detail.slice(0, 200) }
}
