import { decodeBase64 } from '../../message/base64.ts'
import { fieldsNamed, unfold } from '../../message/header.ts'
import type { HeaderField } from '../../message/header-field.ts'
import { latin1Bytes } from '../../message/latin1.ts'
import { KeyImportError } from '../import/key-import-error.ts'
import { canonicalAddress } from '../x509/certificate.ts'
import { type OpenPgpKey, readOpenPgpKey } from './openpgp-key.ts'
import { minimalOpenPgpKey } from './openpgp-public.ts'

export interface AutocryptKey {
  readonly key: OpenPgpKey
  /** `prefer-encrypt=mutual`: its owner wants mail encrypted wherever both sides can. */
  readonly prefersEncryption: boolean
}

/** Autocrypt 1.1, 2.1: below 10 KiB when written; some programs send RSA-4096 with several signatures. */
const mostWritten = 10 * 1024
const mostRead = 32 * 1024

/**
 * The key that a mail brings along for its author (Autocrypt Level 1, 2.1). Only of a mail with one author; not of bounces and
 * lists, where it is somebody else's. undefined without such a field, with two, and for a key that does not name the
 * author itself: then it could be anybody's.
 */
export async function autocryptKey(
  fields: readonly HeaderField[],
  author: string,
  at: Date,
): Promise<AutocryptKey | undefined> {
  const address = canonicalAddress(author)
  const read = fieldsNamed(fields, 'Autocrypt').map(({ value }) => parseAutocrypt(value))
  const [found, another] = read.filter((header) => header && header.address === address)
  if (!found || another) return undefined
  try {
    const key = await readOpenPgpKey(found.keyData, at)
    if (key.isPrivate || !key.addresses.includes(found.address)) return undefined
    return { key, prefersEncryption: found.prefersEncryption }
  } catch (error) {
    if (error instanceof KeyImportError) return undefined
    throw error
  }
}

interface AutocryptHeader {
  readonly address: string
  readonly prefersEncryption: boolean
  readonly keyData: Uint8Array
}

/** The attributes of a field value. undefined for what Autocrypt calls invalid: an unknown attribute that is critical. */
export function parseAutocrypt(value: string): AutocryptHeader | undefined {
  if (value.length > mostRead) return undefined
  const attributes = new Map<string, string>()
  for (const item of unfold(value).split(';')) {
    const equals = item.indexOf('=')
    if (item.trim() === '') continue
    const name = item.slice(0, Math.max(equals, 0)).trim().toLowerCase()
    if (!/^[a-z_][a-z0-9_-]*$/.test(name) || attributes.has(name)) return undefined
    attributes.set(name, item.slice(equals + 1).trim())
  }
  // An underscore marks what may be ignored.
  const known = ['addr', 'prefer-encrypt', 'keydata']
  if ([...attributes.keys()].some((name) => !known.includes(name) && !name.startsWith('_'))) return undefined
  const address = canonicalAddress(attributes.get('addr') ?? '')
  const base64 = attributes.get('keydata')?.replace(/[ \t]/g, '')
  if (!address || !base64 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  return {
    address,
    prefersEncryption: attributes.get('prefer-encrypt') === 'mutual',
    keyData: decodeBase64(latin1Bytes(base64)),
  }
}

/** The field for mail of one of our people. undefined if the key does not serve the address, or is too large to be sent. */
export async function autocryptField(
  armored: string,
  address: string,
  at: Date,
): Promise<HeaderField | undefined> {
  const written = canonicalAddress(address)
  const key = await minimalOpenPgpKey(armored, address, at)
  if (!written || !key) return undefined
  const lines =
    Buffer.from(key)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  const value = ` addr=${written}; prefer-encrypt=mutual;\r\n keydata=\r\n ${lines.join('\r\n ')}`
  return value.length < mostWritten ? { name: 'Autocrypt', value } : undefined
}
