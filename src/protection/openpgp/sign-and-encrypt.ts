import { randomBytes } from 'node:crypto'
import type { PrivateKey } from 'openpgp'
import { MailFailure, PermanentFailure } from '../../failure.ts'
import { libraryKey } from '../../keys/openpgp/openpgp-key.ts'
import { openPgpLibrary, openPgpSettings } from '../../keys/openpgp/openpgp-library.ts'
import { contentDispositionField, contentTypeField, structuredField } from '../../message/build-field.ts'
import { buildMultipart, buildPart, partBytes } from '../../message/build-part.ts'
import { bytesInMemory, type Workspace } from '../../message/byte-source.ts'
import { latin1Bytes } from '../../message/latin1.ts'
import type { MimeEntity } from '../../message/mime-entity.ts'
import { toSevenBit } from '../../message/to-seven-bit.ts'
import { fromStream, streamOf } from './library-streams.ts'

export interface OpenPgpEncryption {
  /** Armored private key without passphrase; undefined: encrypted only. */
  readonly signer: string | undefined
  /** Armored public keys, found usable before. */
  readonly recipients: readonly string[]
}

/**
 * PGP/MIME (RFC 3156 4, 6.2): signed inside the encryption, so that nobody can take a signature off or put his own on. In
 * pieces: some 100 MiB for the process, whatever the size. Fails with PermanentFailure 7.5 if a key cannot be used at `at`.
 */
export async function signAndEncrypt(
  entity: MimeEntity,
  { signer, recipients }: OpenPgpEncryption,
  workspace: Workspace,
  at: Date,
): Promise<MimeEntity> {
  const library = await openPgpLibrary()
  if (recipients.length === 0) throw unusable()
  const encryptionKeys = await Promise.all(recipients.map((armored) => libraryKey(armored, library)))
  const signingKeys = signer === undefined ? [] : [await privateKeyOf(signer)]
  // RFC 3156 3: what is signed is 7-bit with CRLF, also inside: the recipient may pass it on decrypted.
  const content = partBytes(signer === undefined ? entity : await toSevenBit(entity, workspace))
  const message = await library.createMessage({ binary: streamOf(content.stream()) })
  const armored = await library
    .encrypt({
      message,
      encryptionKeys: encryptionKeys.map((key) => key.toPublic()),
      signingKeys,
      date: at,
      config: {
        ...openPgpSettings,
        // Compressed sizes tell about secrets beside what an attacker can make us send, and cost most of the CPU.
        preferredCompressionAlgorithm: library.enums.compression.uncompressed,
      },
    })
    .catch((error: unknown) => {
      throw unusable(error)
    })
  const body = await workspace.collect(fromStream(armored))
  const version = buildPart(
    [
      contentTypeField('application/pgp-encrypted'),
      structuredField('Content-Description', 'PGP/MIME version identification'),
    ],
    bytesInMemory(latin1Bytes('Version: 1\r\n')),
  )
  const encrypted = buildPart(
    [
      contentTypeField('application/octet-stream', new Map([['name', 'encrypted.asc']])),
      contentDispositionField('inline', 'encrypted.asc'),
    ],
    body,
  )
  const protocol = new Map([['protocol', 'application/pgp-encrypted']])
  return buildMultipart('encrypted', protocol, [version, encrypted], newBoundary())
}

/** A private key of ours, ready to sign. */
export async function privateKeyOf(armored: string): Promise<PrivateKey> {
  const key = await libraryKey(armored, await openPgpLibrary())
  if (!key.isPrivate()) throw unusable()
  return key
}

/** `=_` occurs in no quoted-printable, base64 or armored line; the rest is beyond guessing. */
export function newBoundary(): string {
  return `=_${randomBytes(16).toString('hex')}`
}

/**
 * RFC 3463 3.8: X.7.5 is a cryptographic failure. Which key it was stands in the cause, for the log. A failure of our own
 * disk, which the library wraps, stays what it is.
 */
export function unusable(cause?: unknown): MailFailure {
  for (let inner = cause; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof MailFailure) return inner
  }
  return new PermanentFailure('7.5', 'An OpenPGP key cannot be used', { cause })
}
