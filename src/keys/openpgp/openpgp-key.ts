import type { Key, PrivateKey, PublicKey, SignaturePacket, Subkey } from 'openpgp'
import { KeyImportError } from '../import/key-import-error.ts'
import { canonicalAddress } from '../x509/certificate.ts'
import { armorBlocks } from './openpgp-armor.ts'
import {
  fullOpenPgpSettings,
  type OpenPgpLibrary,
  openPgpLibrary,
  openPgpSettings,
} from './openpgp-library.ts'

/** Why a key cannot be used: `weak` is RSA below 2047 bits, DSA, ElGamal, secp256k1; `locked` wants its passphrase. */
export type OpenPgpKeyProblem =
  | 'expired'
  | 'revoked'
  | 'not-yet-valid'
  | 'no-encryption-subkey'
  | 'no-signing-subkey'
  | 'weak'
  | 'locked'
  | 'unusable'

/** A transferable key (RFC 9580 10.1): one primary key with its user ids and subkeys. */
export interface OpenPgpKey {
  /** Of the primary key, lower-case hex. */
  readonly fingerprint: string
  /** 4 for nearly all keys, 6 for those of RFC 9580. */
  readonly version: number
  /** Key ids of primary key and subkeys, 16 digits of lower-case hex: messages name their recipients by them. */
  readonly keyIds: readonly string[]
  /** As `canonicalAddress` gives them, of the user ids that the key itself certifies and has not revoked. */
  readonly addresses: readonly string[]
  /** The key without photos and without what others say of it; secret where `isPrivate`. */
  readonly armored: string
  readonly createdAt: Date
  /** When it can no longer be encrypted to (for a key that only signs: be signed with). undefined: never. */
  readonly expiresAt: Date | undefined
  readonly isPrivate: boolean
  /** Some secret part is protected by a passphrase: `unlockOpenPgpKey`. */
  readonly isLocked: boolean
  /** undefined: at this time it can be used so. With a private key `sign` means that we can sign with it. */
  problemFor(use: 'encrypt' | 'sign', at: Date): Promise<OpenPgpKeyProblem | undefined>
}

/** The largest honest keys, with photos and hundreds of foreign signatures, have some 100 KB. */
const mostBytes = 256 * 1024
const mostKeys = 32
const mostUserIds = 64
const mostSubkeys = 64
/** Each costs a verification: 1000 of them half a second. */
const mostSignatures = 1000

/**
 * The keys of a file, armored (several blocks, text around them) or binary, public and private. Fails with
 * KeyImportError: `unreadable`, `too-large`. `at` decides which user ids count; a user id dated later does not.
 */
export async function readOpenPgpKeys(
  encoded: string | Uint8Array,
  at: Date = new Date(),
): Promise<readonly OpenPgpKey[]> {
  const bytes = typeof encoded === 'string' ? Buffer.from(encoded, 'utf8') : encoded
  if (bytes.length > mostBytes) throw tooLarge(`more than ${mostBytes / 1024} KiB`)
  const library = await openPgpLibrary()
  const keys: Key[] = []
  for (const binaryKeys of keyMaterialIn(bytes)) {
    let found: Key[]
    try {
      found = await library.readKeys({ binaryKeys, config: openPgpSettings })
    } catch (error) {
      throw unreadableKey(error)
    }
    keys.push(...found)
    if (keys.length > mostKeys) throw tooLarge(`more than ${mostKeys} keys`)
  }
  if (keys.length === 0) throw unreadableKey()
  return Promise.all(keys.map((key) => describeOpenPgpKey(key, library, at)))
}

/** The one key of a file; several are `unreadable`, because it would be chance which one is taken. */
export async function readOpenPgpKey(encoded: string | Uint8Array, at?: Date): Promise<OpenPgpKey> {
  const [key, another] = await readOpenPgpKeys(encoded, at)
  if (!key || another) throw unreadableKey()
  return key
}

function keyMaterialIn(bytes: Uint8Array): readonly Uint8Array[] {
  // RFC 9580 4.2: the highest bit of every packet is set, and never in armor.
  if (((bytes[0] ?? 0) & 0x80) !== 0) return [bytes]
  return armorBlocks(bytes)
    .filter(({ label }) => label === 'PUBLIC KEY BLOCK' || label === 'PRIVATE KEY BLOCK')
    .map(({ content }) => content)
}

/** What a key of the library says of itself. For neighbours in this folder that have one in hand. */
export async function describeOpenPgpKey(key: Key, library: OpenPgpLibrary, at: Date): Promise<OpenPgpKey> {
  refuseOverlong(key)
  // Photos can hold anything, and foreign signatures are how keys were flooded to megabytes.
  key.users = key.users.filter(({ userID }) => userID !== null)
  for (const user of key.users) user.otherCertifications = []
  const config = fullOpenPgpSettings(library)
  const secret = key.isPrivate() ? key.getKeys().filter(({ keyPacket }) => !isDummy(keyPacket)) : []
  const addresses = new Set<string>()
  for (const user of key.users) {
    const address = addressInUserId(user.userID?.userID ?? '')
    if (address && (await user.verify(at, config).catch(() => false))) addresses.add(address)
  }
  const isLocked = secret.some(({ keyPacket }) => !(keyPacket as unknown as PrivateKey).isDecrypted())
  return {
    fingerprint: key.getFingerprint(),
    version: key.keyPacket.version,
    keyIds: key.getKeyIDs().map((id) => id.toHex()),
    addresses: [...addresses],
    armored: key.armor(config),
    createdAt: key.getCreationTime(),
    expiresAt: await expiryOf(key, at, library),
    isPrivate: key.isPrivate(),
    isLocked,
    async problemFor(use, when) {
      if (isLocked && use === 'sign') return 'locked'
      return problemOf(key, use, when, library)
    },
  }
}

function refuseOverlong(key: Key): void {
  if (key.users.length > mostUserIds) throw tooLarge(`a key with more than ${mostUserIds} user ids`)
  if (key.subkeys.length > mostSubkeys) throw tooLarge(`a key with more than ${mostSubkeys} subkeys`)
  const signatures = [
    ...key.users.flatMap((user) => [...user.selfCertifications, ...user.revocationSignatures]),
    ...key.subkeys.flatMap((subkey) => [...subkey.bindingSignatures, ...subkey.revocationSignatures]),
    ...key.revocationSignatures,
  ]
  if (signatures.length > mostSignatures)
    throw tooLarge(`a key with more than ${mostSignatures} signatures of its own`)
}

/**
 * The address of a user id (RFC 9580 5.11: by convention a mailbox of RFC 2822): behind a name in angle brackets, or
 * alone. Anything that could be read in two ways has none.
 */
export function addressInUserId(userId: string): string | undefined {
  const bracketed = /^[^<>]*<([^<>]{3,320})>$/.exec(userId)
  const address = bracketed?.[1] ?? userId
  return /\p{Cc}/u.test(userId) ? undefined : canonicalAddress(address)
}

async function problemOf(
  key: Key,
  use: 'encrypt' | 'sign',
  at: Date,
  library: OpenPgpLibrary,
): Promise<OpenPgpKeyProblem | undefined> {
  const config = fullOpenPgpSettings(library)
  if (await key.isRevoked(undefined, undefined, at, config)) return 'revoked'
  if (key.getCreationTime() > at) return 'not-yet-valid'
  const expiry = await key.getExpirationTime(undefined, config)
  if (expiry === null) return 'unusable'
  if (expiry instanceof Date && expiry <= at) return 'expired'
  if (isWeak(key, config)) return 'weak'
  const chosen = await (use === 'encrypt'
    ? key.getEncryptionKey(undefined, at, undefined, config)
    : key.getSigningKey(undefined, at, undefined, config)
  ).catch(() => undefined)
  if (chosen)
    return use === 'sign' && key.isPrivate() && isDummy(chosen.keyPacket) ? 'no-signing-subkey' : undefined
  const problems: (OpenPgpKeyProblem | undefined)[] = []
  for (const subkey of key.subkeys) problems.push(await subkeyProblem(subkey, use, at, library))
  const order = ['expired', 'revoked', 'weak', 'not-yet-valid'] as const
  const absent = use === 'encrypt' ? 'no-encryption-subkey' : 'no-signing-subkey'
  return order.find((problem) => problems.includes(problem)) ?? absent
}

/** undefined for a subkey that is for something else, or that nothing binds to the key. */
async function subkeyProblem(
  subkey: Subkey,
  use: 'encrypt' | 'sign',
  at: Date,
  library: OpenPgpLibrary,
): Promise<OpenPgpKeyProblem | undefined> {
  const config = fullOpenPgpSettings(library)
  const flags = subkey.bindingSignatures.at(-1)?.keyFlags?.[0] ?? 0
  const wanted = use === 'encrypt' ? 0x0c : 0x02 // RFC 9580 5.2.3.29
  const binding = subkey.bindingSignatures.at(-1)
  if ((flags & wanted) === 0 || !binding) return undefined
  if (await subkey.isRevoked(binding as SignaturePacket, subkey.mainKey.keyPacket, at, config))
    return 'revoked'
  const expiry = await subkey.getExpirationTime(at, config)
  if (expiry instanceof Date && expiry <= at) return 'expired'
  if (isWeak(subkey, config)) return 'weak'
  return subkey.getCreationTime() > at ? 'not-yet-valid' : undefined
}

function isWeak(key: Key | Subkey, config: ReturnType<typeof fullOpenPgpSettings>): boolean {
  const { algorithm, bits, curve } = key.getAlgorithmInfo()
  if (algorithm === 'dsa' || algorithm === 'elgamal' || curve === 'secp256k1') return true
  // The library's 2047: some programs made keys whose modulus begins with a zero bit.
  return algorithm.startsWith('rsa') && (bits ?? 0) < config.minRSABits
}

/** The end of the primary key, or of the encryption subkey that lasts longest, whichever comes first. */
async function expiryOf(key: Key, at: Date, library: OpenPgpLibrary): Promise<Date | undefined> {
  const config = fullOpenPgpSettings(library)
  const primary = await key.getExpirationTime(undefined, config)
  const ends: number[] = []
  for (const subkey of key.subkeys) {
    if (((subkey.bindingSignatures.at(-1)?.keyFlags?.[0] ?? 0) & 0x0c) === 0) continue
    const end = await subkey.getExpirationTime(at, config)
    if (end !== null) ends.push(end instanceof Date ? end.getTime() : end)
  }
  const last = ends.length > 0 ? Math.max(...ends) : Number.POSITIVE_INFINITY
  const end = Math.min(primary instanceof Date ? primary.getTime() : Number.POSITIVE_INFINITY, last)
  return end === Number.POSITIVE_INFINITY ? undefined : new Date(end)
}

/** GnuPG's mark for a secret part that lies elsewhere, on a card or offline. */
function isDummy(packet: unknown): boolean {
  const { isDummy: ask } = packet as { isDummy?: () => boolean | null }
  return ask?.call(packet) === true
}

/** Such a key as the library's, for the neighbours that change it or use it. */
export async function libraryKey(armored: string, library: OpenPgpLibrary): Promise<PublicKey | PrivateKey> {
  const [block] = armorBlocks(Buffer.from(armored))
  if (!block) throw unreadableKey()
  try {
    return await library.readKey({ binaryKey: block.content, config: openPgpSettings })
  } catch (error) {
    throw unreadableKey(error)
  }
}

function unreadableKey(cause?: unknown): KeyImportError {
  return new KeyImportError(
    'unreadable',
    'The file cannot be read as an OpenPGP key: export the public key again, armored or binary',
    { cause },
  )
}

function tooLarge(what: string): KeyImportError {
  return new KeyImportError('too-large', `Too large for an OpenPGP key: ${what}`)
}
