import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { partBytes } from '../../src/message/build-part.ts'
import type { ByteSource } from '../../src/message/byte-source.ts'
import type { MimeEntity } from '../../src/message/mime-entity.ts'
import { testCertificate, testKeyFile } from './test-keys.ts'

const quietly = { maxBuffer: 1024 * 1024 }

/** Everything of a source in memory. */
export async function allOf(source: ByteSource): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of source.stream()) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** An entity as a whole message. */
export async function messageOf(entity: MimeEntity): Promise<Buffer> {
  return Buffer.concat([
    Buffer.from('From: alice@kanzlei.example\r\nMIME-Version: 1.0\r\n'),
    await allOf(partBytes(entity)),
  ])
}

/**
 * The part that a multipart/signed message covers, if `openssl cms` finds the signature good up to our root. Not with
 * -binary: then OpenSSL 3.0 counts the CR before the boundary to the part, against RFC 2046 5.1.1.
 */
export function opensslVerifies(message: Uint8Array, folder: string): Buffer | undefined {
  const [input, output] = [join(folder, 'signed.eml'), join(folder, 'content')]
  writeFileSync(input, message)
  const trust = ['-CAfile', testKeyFile('root-ca.cert.pem'), '-purpose', 'smimesign']
  const { status } = spawnSync('openssl', ['cms', '-verify', '-in', input, ...trust, '-out', output], quietly)
  return status === 0 ? readFileSync(output) : undefined
}

/** What `name` reads in an encrypted message by `openssl cms`. */
export function opensslDecrypts(message: Uint8Array, name: string, folder: string): Buffer {
  const [input, output] = [join(folder, 'encrypted.eml'), join(folder, 'decrypted')]
  writeFileSync(input, message)
  const key = ['-inkey', testKeyFile(`${name}.key.pem`), '-recip', testKeyFile(`${name}.cert.pem`)]
  execFileSync('openssl', ['cms', '-decrypt', '-binary', '-in', input, ...key, '-out', output], {
    stdio: 'pipe',
  })
  return readFileSync(output)
}

/** The signature of a multipart/signed message as DER. */
export function signatureOf(message: Uint8Array): Buffer {
  const text = Buffer.from(message).toString('latin1')
  const part = text.slice(text.lastIndexOf('Content-Type: application/pkcs7-signature'))
  const body = part.slice(part.indexOf('\r\n\r\n'), part.indexOf('\r\n--'))
  return Buffer.from(body, 'base64')
}

/** GnuPG's S/MIME with a home of its own that trusts our root and holds the key of alice-rsa. */
export function startGpgsm(folder: string) {
  const home = join(folder, 'gnupg')
  mkdirSync(home)
  chmodSync(home, 0o700)
  const root = testCertificate('root-ca').x509.fingerprint
  writeFileSync(join(home, 'trustlist.txt'), `${root} S relax\n`)
  const run = (args: readonly string[]) =>
    spawnSync(
      'gpgsm',
      [
        '--homedir',
        home,
        '--batch',
        '--disable-crl-checks',
        '--pinentry-mode',
        'loopback',
        '--passphrase-fd',
        '0',
        ...args,
      ],
      { input: 'test\n', maxBuffer: 64 * 1024 * 1024 },
    )
  run(['--import', testKeyFile('chain.pem')])
  // gpgsm 2.2 reads only the old kind of PKCS#12.
  run(['--import', testKeyFile('alice-rsa-legacy.p12')])
  return {
    verifies(signature: Uint8Array, content: Uint8Array): boolean {
      const [signatureFile, contentFile] = [join(home, 'signature.der'), join(home, 'content')]
      writeFileSync(signatureFile, signature)
      writeFileSync(contentFile, content)
      const { status, stderr } = run(['--verify', signatureFile, contentFile])
      return status === 0 && stderr.toString().includes('Good signature')
    },
    decrypts(enveloped: Uint8Array): Buffer {
      const file = join(home, 'enveloped.der')
      writeFileSync(file, enveloped)
      const { status, stdout, stderr } = run(['--decrypt', file])
      if (status !== 0) throw new Error(stderr.toString())
      return stdout
    },
    /** Encrypts to alice-rsa. Not to an elliptic curve: version 2.2 wants keyEncipherment, which such keys have not. */
    encrypts(content: Uint8Array, cipher: 'AES128' | 'AES256' | '3DES'): Buffer {
      const file = join(home, 'plain')
      writeFileSync(file, content)
      const recipient = testCertificate('alice-rsa').x509.fingerprint.replaceAll(':', '')
      const { status, stdout, stderr } = run(['--cipher-algo', cipher, '-r', recipient, '--encrypt', file])
      if (status !== 0) throw new Error(stderr.toString())
      return stdout
    },
    [Symbol.dispose]() {
      // gpgsm starts an agent that would stay.
      spawnSync('gpgconf', ['--homedir', home, '--kill', 'all'])
    },
  }
}
