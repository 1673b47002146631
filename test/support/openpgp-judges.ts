import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file of test/keys/pgp; the README beside says what each one is. */
export function openPgpKeyFile(name: string): string {
  return new URL(`../keys/pgp/${name}`, import.meta.url).pathname
}

/** An armored key of test/keys/pgp. */
export function armoredKey(name: string, kind: 'pub' | 'sec'): string {
  return readFileSync(openPgpKeyFile(`${name}.${kind}.asc`), 'latin1')
}

/** What GnuPG read: `good` holds the key ids of good signatures. */
export interface GpgReading {
  readonly content: Buffer
  readonly good: readonly string[]
  readonly status: string
}

/** GnuPG with a home of its own that holds all keys of test/keys/pgp that are valid, and trusts every key. */
export function startGpg(folder: string) {
  const home = join(folder, 'gpg')
  mkdirSync(home)
  chmodSync(home, 0o700)
  const run = (args: readonly string[], input?: Uint8Array) => {
    const quiet = ['--batch', '--yes', '--no-tty', '--pinentry-mode', 'loopback', '--passphrase', '']
    const { status, stdout, stderr } = spawnSync(
      'gpg',
      ['--homedir', home, ...quiet, '--trust-model', 'always', '--status-fd', '2', ...args],
      { input, maxBuffer: 256 * 1024 * 1024 },
    )
    return { succeeded: status === 0, stdout, status: stderr.toString() }
  }
  const given = (args: readonly string[], input?: Uint8Array) => {
    const { succeeded, stdout, status } = run(args, input)
    if (!succeeded) throw new Error(status)
    return stdout
  }
  const reading = (content: Buffer, status: string): GpgReading => ({
    content,
    status,
    good: [...status.matchAll(/\[GNUPG:\] GOODSIG ([0-9A-F]{16})/g)].map(([, id]) =>
      (id ?? '').toLowerCase(),
    ),
  })
  for (const name of ['carol-rsa3072', 'dave-curve25519'])
    given(['--import', openPgpKeyFile(`${name}.sec.asc`)])
  return {
    import: (armored: string) => given(['--import'], Buffer.from(armored)),
    /** The output of GnuPG for `args` and `input`; fails if it does. */
    run: given,
    decrypts(message: Uint8Array): GpgReading {
      const { succeeded, stdout, status } = run(['--decrypt'], message)
      if (!succeeded) throw new Error(status)
      return reading(stdout, status)
    },
    verifies(content: Uint8Array, signature: Uint8Array): GpgReading {
      const [contentFile, signatureFile] = [join(home, 'content'), join(home, 'content.asc')]
      writeFileSync(contentFile, content)
      writeFileSync(signatureFile, signature)
      const { stdout, status } = run(['--verify', signatureFile, contentFile])
      return reading(stdout, status)
    },
    [Symbol.dispose]() {
      // gpg starts an agent that would stay.
      spawnSync('gpgconf', ['--homedir', home, '--kill', 'all'])
    },
  }
}

/** The body of the part of that type in a message of ours. */
export function bodyOfPart(message: Buffer, type: string): Buffer {
  const text = message.toString('latin1')
  const part = text.slice(text.indexOf(`Content-Type: ${type}`))
  return Buffer.from(part.slice(part.indexOf('\r\n\r\n') + 4, part.indexOf('\r\n--=_')), 'latin1')
}
