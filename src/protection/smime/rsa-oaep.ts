import { constants, createHash, type KeyObject, privateDecrypt, timingSafeEqual } from 'node:crypto'
import { childrenOf, type DerElement, readDer } from '../../keys/x509/read-der.ts'
import { EnvelopeProblem } from './closed-envelope.ts'
import { contentOf, readAlgorithm } from './read-recipients.ts'

type HashName = 'sha1' | 'sha256' | 'sha384' | 'sha512'

const hashes: ReadonlyMap<string, HashName> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
])
const mgf1 = '1.2.840.113549.1.1.8'
const specifiedLabel = '1.2.840.113549.1.1.9'

/** RSAES-OAEP-params (RFC 4055 4.1). */
export interface OaepParameters {
  readonly hash: HashName
  readonly maskHash: HashName
  readonly label: Uint8Array
}

/** What is absent means SHA-1 for both and no label. Throws EnvelopeProblem, MalformedDer. */
export function readOaepParameters(parameters: DerElement | undefined): OaepParameters {
  const fields = parameters?.tag === 0x30 ? childrenOf(parameters) : []
  const field = (tag: number) => {
    const found = fields.find((candidate) => candidate.tag === tag)
    return found && readAlgorithm(readDer(found.content))
  }
  const hash = field(0xa0)
  const mask = field(0xa1)
  const source = field(0xa2)
  if (mask && mask.oid !== mgf1) throw new EnvelopeProblem('unsupported', `OAEP with mask ${mask.oid}`)
  if (source && source.oid !== specifiedLabel)
    throw new EnvelopeProblem('unsupported', `OAEP with label ${source.oid}`)
  return {
    hash: hash ? hashNamed(hash.oid) : 'sha1',
    maskHash: mask ? hashNamed(readAlgorithm(mask.parameters).oid) : 'sha1',
    label: source ? contentOf(source.parameters, 0x04) : new Uint8Array(0),
  }
}

function hashNamed(oid: string): HashName {
  const name = hashes.get(oid)
  if (!name) throw new EnvelopeProblem('unsupported', `OAEP with hash ${oid}`)
  return name
}

/** RSAES-OAEP-DECRYPT (RFC 8017 7.1.2). Throws whatever is wrong, which the caller must tell nobody. */
export function decryptOaep(
  encrypted: Uint8Array,
  key: KeyObject,
  { hash, maskHash, label }: OaepParameters,
): Uint8Array {
  if (hash === maskHash) {
    return privateDecrypt(
      { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash, oaepLabel: label },
      encrypted,
    )
  }
  // Java masks with SHA-1 whatever the hash is, unless it is told otherwise; node:crypto takes one hash for both.
  return withoutPadding(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, encrypted), {
    hash,
    maskHash,
    label,
  })
}

/** EME-OAEP decoding. Everything is computed before anything is judged (Manger 2001: the first byte is an oracle). */
function withoutPadding(encoded: Uint8Array, { hash, maskHash, label }: OaepParameters): Uint8Array {
  const labelHash = createHash(hash).update(label).digest()
  const dataStart = 1 + labelHash.length
  if (encoded.length < dataStart + labelHash.length + 1) throw new Error('key too short for this hash')
  const maskedData = encoded.subarray(dataStart)
  const seed = masked(encoded.subarray(1, dataStart), maskedData, maskHash)
  const data = masked(maskedData, seed, maskHash)
  const isLabelRight = timingSafeEqual(data.subarray(0, labelHash.length), labelHash)
  let separator = 0
  let isOdd = encoded[0] ?? 1
  for (let at = labelHash.length; at < data.length; at++) {
    const byte = data[at] ?? 0
    const isFirstOne = separator === 0 && byte === 1
    isOdd |= separator === 0 && !isFirstOne ? byte : 0
    separator = isFirstOne ? at : separator
  }
  if (!isLabelRight || isOdd !== 0 || separator === 0) throw new Error('wrong padding')
  return data.subarray(separator + 1)
}

/** The bytes under the mask that MGF1 makes of `seed` (RFC 8017 B.2.1). */
function masked(bytes: Uint8Array, seed: Uint8Array, hash: HashName): Buffer {
  const blocks: Buffer[] = []
  for (let length = 0; length < bytes.length; length += blocks.at(-1)?.length ?? bytes.length) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(blocks.length)
    blocks.push(createHash(hash).update(seed).update(counter).digest())
  }
  const mask = Buffer.concat(blocks)
  return Buffer.from(bytes.map((byte, at) => byte ^ (mask[at] ?? 0)))
}
