import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { headerBytes } from '../../src/message/header.ts'
import { openPgpKeyFile } from '../support/openpgp-judges.ts'
import { testKeyFile } from '../support/test-keys.ts'
import { contentFields, textOf, type WorkKind } from './crypto-work.ts'

/** What a program took, from its start to its end. */
export interface PeerWork {
  readonly ms: number
  readonly cpuMs: number
}

/** `openssl cms` and `gpg` at the same work, with the same keys, a process for each step as a script would start them. */
export interface CryptoPeers extends Disposable {
  work(kind: WorkKind, bytes: number): Promise<PeerWork>
}

export function openCryptoPeers(folder: string): CryptoPeers {
  const home = join(folder, 'gpg')
  mkdirSync(home, { recursive: true })
  chmodSync(home, 0o700)
  const file = (name: string) => join(folder, name)
  const gpg = (...args: readonly string[]) => [
    ...['gpg', '--homedir', home, '--batch', '--yes', '--no-tty', '--quiet', '--trust-model', 'always'],
    ...['--pinentry-mode', 'loopback', '--passphrase', '', ...args],
  ]
  for (const name of ['carol-rsa3072', 'dave-curve25519']) {
    const [program = '', ...args] = gpg('--import', openPgpKeyFile(`${name}.sec.asc`))
    execFileSync(program, args, { stdio: 'ignore' })
  }
  const key = (name: string) => [testKeyFile(`${name}.cert.pem`), testKeyFile(`${name}.key.pem`)] as const
  const [aliceCertificate, aliceKey] = key('alice-rsa')
  const [bobCertificate, bobKey] = key('bob-rsa')
  const cms = (...args: readonly string[]) => ['openssl', 'cms', ...args]
  const steps: Record<WorkKind, readonly (readonly string[])[]> = {
    'smime-protect': [
      cms(
        ...['-sign', '-stream', '-in', file('content'), '-out', file('signed'), '-signer', aliceCertificate],
        ...['-inkey', aliceKey, '-certfile', testKeyFile('intermediate-ca.cert.pem')],
      ),
      cms(
        ...['-encrypt', '-binary', '-stream', '-aes-256-cbc', '-in', file('signed')],
        ...['-out', file('encrypted'), bobCertificate],
      ),
    ],
    'smime-open': [
      cms(
        ...['-decrypt', '-binary', '-in', file('encrypted'), '-recip', bobCertificate, '-inkey', bobKey],
        ...['-out', file('signed-again')],
      ),
      cms(
        ...['-verify', '-in', file('signed-again'), '-CAfile', testKeyFile('root-ca.cert.pem')],
        ...['-purpose', 'smimesign', '-out', file('content-again')],
      ),
    ],
    'openpgp-protect': [
      gpg(
        ...['--sign', '--encrypt', '--armor', '--compress-algo', 'none', '-u', 'carol', '-r', 'dave'],
        ...['--output', file('encrypted.asc'), file('content')],
      ),
    ],
    'openpgp-open': [gpg('--decrypt', '--output', file('content-again'), file('encrypted.asc'))],
  }
  return {
    async work(kind, bytes) {
      const pieces: Uint8Array[] = []
      for await (const piece of textOf(bytes)) pieces.push(Uint8Array.from(piece))
      writeFileSync(
        file('content'),
        Buffer.concat([headerBytes(contentFields), Buffer.from('\r\n'), ...pieces]),
      )
      if (kind.endsWith('-open'))
        for (const step of steps[`${kind.replace('-open', '')}-protect` as WorkKind]) run(step)
      const taken = steps[kind].map(run)
      const sum = (of: keyof PeerWork) => taken.reduce((total, each) => total + each[of], 0)
      return { ms: sum('ms'), cpuMs: sum('cpuMs') }
    },
    [Symbol.dispose]: () => void execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']),
  }
}

/** The time of one program from start to end; its CPU as bash's `times` tells it for children. */
function run(argv: readonly string[]): PeerWork {
  const began = performance.now()
  const argument = ['-c', '"$@" >/dev/null || exit; times', 'bash', ...argv]
  const told = execFileSync('bash', argument, { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' })
  const [, children = ''] = told.trim().split('\n')
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  )
  if (seconds.length !== 2) throw new Error(`${argv[0]} failed`)
  return { ms: performance.now() - began, cpuMs: 1000 * seconds.reduce((sum, each) => sum + each, 0) }
}
