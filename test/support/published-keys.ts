import { spawnSync } from 'node:child_process'
import { generateKey } from 'openpgp'
import { readOpenPgpKey } from '../../src/keys/openpgp/openpgp-key.ts'
import type { StoredKey } from '../../src/storage/key-store.ts'

/** An OpenPGP key of ours with these addresses, as the store has it. */
export async function ownPgpKey(
  addresses: readonly string[],
  change: Partial<StoredKey> = {},
): Promise<StoredKey> {
  const { publicKey } = await generateKey({
    userIDs: addresses.map((email) => ({ name: 'Somebody', email })),
    format: 'armored',
  })
  const { fingerprint, createdAt } = await readOpenPgpKey(publicKey)
  return {
    kind: 'openpgp',
    fingerprint,
    addresses,
    domains: [],
    material: publicKey,
    chain: [],
    notBefore: createdAt,
    notAfter: undefined,
    hasPrivateKey: true,
    trust: 'manual',
    source: 'generated',
    state: 'active',
    pinned: false,
    capabilities: [],
    addedAt: createdAt,
    ...change,
  }
}

/** What GnuPG reads in a binary key: fingerprints, and each user id with its name in a web key directory. */
export function gpgShows(key: Uint8Array, home: string) {
  const { stdout } = spawnSync(
    'gpg',
    ['--homedir', home, '--batch', '--with-colons', '--with-wkd-hash', '--show-keys'],
    { input: key },
  )
  const rows = stdout
    .toString()
    .split('\n')
    .map((row) => row.split(':'))
  const of = (kind: string) => rows.filter(([first]) => first === kind).map((row) => row[9] ?? '')
  const text = spawnSync('gpg', ['--homedir', home, '--batch', '--with-wkd-hash', '--show-keys'], {
    input: key,
  })
  const hashes = [...text.stdout.toString().matchAll(/^ +([a-z0-9]{32})@(\S+)$/gm)].map(
    ([, hash, domain]) => ({ hash, domain }),
  )
  return { isPrivate: rows.some(([first]) => first === 'sec'), userIds: of('uid'), hashes }
}
