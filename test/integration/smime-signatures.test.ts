import { execFileSync, spawnSync } from 'node:child_process'
import { createPrivateKey, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listsInFiles } from '../../src/keys/revocation/lists-in-files.ts'
import { openRevocation } from '../../src/keys/revocation/open-revocation.ts'
import type { Signer } from '../../src/keys/signer.ts'
import { readCertificate } from '../../src/keys/x509/certificate.ts'
import { judgeSigner, type SignerQuestion } from '../../src/keys/x509/judge-signer.ts'
import { partBytes } from '../../src/message/build-part.ts'
import { bytesInMemory, type Workspace } from '../../src/message/byte-source.ts'
import type { MimeEntity } from '../../src/message/mime-entity.ts'
import { encryptEntity } from '../../src/protection/smime/encrypt.ts'
import { type SignatureForm, signEntity } from '../../src/protection/smime/sign.ts'
import type { VerifiedSignature } from '../../src/protection/smime/verified-signature.ts'
import { verifySignedData } from '../../src/protection/smime/verify-signed.ts'
import { openWorkspace } from '../../src/storage/spool.ts'
import { type MadeCertificate, mailUser, makeCertificate } from '../support/make-certificate.ts'
import {
  allOf,
  messageOf,
  opensslDecrypts,
  opensslVerifies,
  signatureOf,
  startGpgsm,
} from '../support/smime-judges.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { testCertificate, testKeyFile, testSigner } from '../support/test-keys.ts'

const alice = 'alice@kanzlei.example'
const text = 'Content-Type: text/plain\r\n\r\nBitte zahlen Sie 100 Euro\r\n'
const mail: MimeEntity = {
  fields: [{ name: 'Content-Type', value: ' text/plain' }],
  body: bytesInMemory(Buffer.from('Bitte zahlen Sie 100 Euro\r\n')),
}
const question: SignerQuestion = {
  from: alice,
  anchors: [testCertificate('root-ca')],
  partnerAnchors: [],
  vouched: new Set(),
  at: new Date(),
  // The lists of our authorities; no host is asked.
  checkRevocation: openRevocation({
    mode: 'off',
    lookup: async () => [],
    privateHosts: [],
    listsAtHand: listsInFiles(['root-ca.crl.pem', 'intermediate-ca.crl.pem'].map(testKeyFile), (error) => {
      throw error
    }),
    closing: new AbortController().signal,
  }),
}

describe('a signature of S/MIME', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let workspace: Workspace
  let gpgsm: ReturnType<typeof startGpgsm>
  beforeAll(() => {
    folder = temporaryFolder()
    workspace = openWorkspace(folder.path, { sizeLimit: 100 * 1024 * 1024 })
    gpgsm = startGpgsm(folder.path)
  })
  afterAll(async () => {
    gpgsm[Symbol.dispose]()
    await workspace[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const verified = (cms: Uint8Array, detached?: Uint8Array | string): Promise<VerifiedSignature> =>
    verifySignedData(
      bytesInMemory(cms),
      detached === undefined ? undefined : bytesInMemory(Buffer.from(detached)),
      workspace,
    )

  /** What `openssl cms -sign` makes of `text`, in DER; by `name` of test/keys or by files. */
  function opensslSigns(args: readonly string[], signer: string | MadeCertificate = 'alice-rsa'): Buffer {
    const [input, output] = [join(folder.path, 'to-sign'), join(folder.path, 'signed.der')]
    writeFileSync(input, text)
    const files =
      typeof signer === 'string'
        ? [testKeyFile(`${signer}.cert.pem`), testKeyFile(`${signer}.key.pem`)]
        : [signer.certificateFile, signer.keyFile]
    const [certificate = '', key = ''] = files
    const chain = ['-certfile', testKeyFile('intermediate-ca.cert.pem')]
    execFileSync(
      'openssl',
      [
        ...['cms', '-sign', '-binary', '-in', input, '-signer', certificate, '-inkey', key],
        ...[...chain, '-outform', 'DER', '-out', output, ...args],
      ],
      { stdio: 'pipe' },
    )
    return readFileSync(output)
  }

  describe('made by openssl cms', () => {
    for (const [what, args, algorithm] of [
      ['detached', [], 'RSA-SHA256'],
      ['opaque', ['-nodetach'], 'RSA-SHA256'],
      ['opaque and streamed', ['-nodetach', '-stream'], 'RSA-SHA256'],
      ['naming the key', ['-keyid'], 'RSA-SHA256'],
      ['without attributes', ['-noattr'], 'RSA-SHA256'],
      ['without attributes, opaque', ['-noattr', '-nodetach'], 'RSA-SHA256'],
      ['with SHA-384', ['-md', 'sha384'], 'RSA-SHA384'],
      ['with SHA-512', ['-md', 'sha512'], 'RSA-SHA512'],
      ['with PSS', ['-keyopt', 'rsa_padding_mode:pss'], 'RSASSA-PSS-SHA256'],
      [
        'with PSS, SHA-512 and a salt of its own',
        ['-md', 'sha512', '-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:20'],
        'RSASSA-PSS-SHA512',
      ],
      ['with PSS without attributes', ['-noattr', '-keyopt', 'rsa_padding_mode:pss'], 'RSASSA-PSS-SHA256'],
      ['naming its certificate', ['-cades'], 'RSA-SHA256'],
    ] as const) {
      it(`${what} is valid, and is not once a byte has changed`, async () => {
        const cms = opensslSigns(args)
        const isOpaque = args.some((arg) => arg === '-nodetach')
        const signature = await verified(cms, isOpaque ? undefined : text)
        expect(signature.signers).toMatchObject([{ isIntact: true, algorithm }])
        expect(await judgeSigner(signature, question, AbortSignal.timeout(9000))).toMatchObject({
          kind: 'valid',
          certificate: { fingerprint: testCertificate('alice-rsa').fingerprint },
        })
        if (isOpaque)
          expect((await allOf(signature.content ?? bytesInMemory(Buffer.of()))).toString()).toBe(text)
        const other = Buffer.from(cms)
        if (isOpaque) other.write('900', other.indexOf('100 Euro'))
        const changed = await verified(other, isOpaque ? undefined : text.replace('100', '900'))
        expect(await judgeSigner(changed, question, AbortSignal.timeout(9000))).toMatchObject({
          kind: 'invalid',
          reason: 'broken-signature',
        })
      })
    }

    it('by an elliptic curve is valid, with and without attributes', async () => {
      for (const args of [[], ['-noattr'], ['-md', 'sha512']]) {
        const signature = await verified(opensslSigns(args, 'alice-ec'), text)
        expect(await judgeSigner(signature, question, AbortSignal.timeout(9000))).toMatchObject({
          kind: 'valid',
        })
      }
    })

    it('with SHA-1 or MD5 proves nothing', async () => {
      for (const digest of ['sha1', 'md5']) {
        const signature = await verified(opensslSigns(['-md', digest]), text)
        expect(signature.signers).toMatchObject([{ isIntact: false, problem: 'weak-digest' }])
        expect(await judgeSigner(signature, question, AbortSignal.timeout(9000))).toMatchObject({
          kind: 'invalid',
          reason: 'weak-digest',
        })
      }
    })

    it('by two is valid if the author is one of them', async () => {
      const second = ['-signer', testKeyFile('bob-ec.cert.pem'), '-inkey', testKeyFile('bob-ec.key.pem')]
      const signature = await verified(opensslSigns(second), text)
      expect(signature.signers).toMatchObject([{ isIntact: true }, { isIntact: true }])
      for (const [from, kind] of [
        [alice, 'valid'],
        ['bob@partner.example', 'valid'],
        ['mallory@evil.example', 'invalid'],
      ] as const) {
        const verdict = await judgeSigner(signature, { ...question, from }, AbortSignal.timeout(9000))
        expect(verdict.kind).toBe(kind)
      }
    })

    it('without its certificate is nobody’s', async () => {
      const signature = await verified(opensslSigns(['-nocerts']), text)
      expect(signature.signers).toMatchObject([{ isIntact: false, problem: 'no-certificate' }])
    })

    for (const curve of ['secp384r1', 'secp521r1', 'brainpoolP256r1', 'brainpoolP512r1']) {
      it(`on ${curve} is intact`, async () => {
        const made = makeCertificate(folder.path, {
          name: `their-${curve}`,
          key: curve,
          extensions: mailUser(alice),
        })
        expect((await verified(opensslSigns([], made), text)).signers).toMatchObject([{ isIntact: true }])
      })
    }

    for (const [name, from, reason] of [
      ['alice-rsa', alice, 'valid'],
      ['alice-ec', alice, 'valid'],
      ['bob-rsa', 'bob@partner.example', 'valid'],
      ['bob-ec', 'bob@partner.example', 'valid'],
      ['alice-expired', alice, 'expired'],
      ['bob-wrong-email', 'bob@partner.example', 'wrong-address'],
      ['bob-selfsigned', 'bob@partner.example', 'self-signed'],
      ['bob-revoked', 'bob@partner.example', 'revoked'],
    ] as const) {
      it(`by ${name} is ${reason}`, async () => {
        const signature = await verified(opensslSigns([], name), text)
        expect(signature.signers).toMatchObject([{ isIntact: true }])
        const verdict = await judgeSigner(signature, { ...question, from }, AbortSignal.timeout(9000))
        expect(verdict.kind === 'invalid' ? verdict.reason : verdict.kind).toBe(reason)
      })
    }

    it('survives a way on which line ends became LF', async () => {
      const signature = await verified(opensslSigns([]), text.replaceAll('\r\n', '\n'))
      expect(signature.signers).toMatchObject([{ isIntact: true }])
    })

    it('of a part does not cover a changed header of it', async () => {
      const signature = await verified(opensslSigns([]), text.replace('text/plain', 'text/html'))
      expect(signature.signers).toMatchObject([{ isIntact: false, problem: 'content-changed' }])
    })
  })

  it('made by gpgsm is valid, detached and opaque', async () => {
    const input = join(folder.path, 'gpgsm-input')
    writeFileSync(input, text)
    const run = (args: readonly string[]) =>
      spawnSync(
        'gpgsm',
        [
          ...['--homedir', join(folder.path, 'gnupg'), '--batch', '--disable-crl-checks'],
          ...['--pinentry-mode', 'loopback', '--passphrase-fd', '0', '--local-user', alice, ...args, input],
        ],
        { input: 'test\n' },
      )
    const detached = run(['--detach-sign'])
    expect(detached.stderr.toString()).toContain('signature created')
    const [one, two] = [await verified(detached.stdout, text), await verified(run(['--sign']).stdout)]
    for (const signature of [one, two]) {
      expect(await judgeSigner(signature, question, AbortSignal.timeout(9000))).toMatchObject({
        kind: 'valid',
      })
    }
    expect((await allOf(two.content ?? bytesInMemory(Buffer.of()))).toString()).toBe(text)
  })

  describe('of ours', () => {
    for (const form of ['clear', 'opaque'] as const) {
      for (const name of ['alice-rsa', 'alice-ec']) {
        it(`${form} by ${name} is good for OpenSSL, GnuPG and ourselves`, async () => {
          const signed = await signEntity(mail, testSigner(name), form, workspace, new Date())
          expect(opensslVerifies(await messageOf(signed), folder.path)?.toString()).toBe(text)
          const [cms, detached] = await takenApart(signed, form)
          if (form === 'clear') expect(gpgsm.verifies(cms, Buffer.from(text))).toBe(true)
          const signature = await verified(cms, detached)
          expect(await judgeSigner(signature, question, AbortSignal.timeout(9000))).toMatchObject({
            kind: 'valid',
          })
          const [signer] = signature.signers
          expect(signer?.capabilities).toContain('2.16.840.1.101.3.4.1.46')
          expect(signer?.encryptionCertificate?.fingerprint).toBe(testCertificate(name).fingerprint)
        })
      }
    }

    it('of a mail that holds a part signed by somebody else keeps its bytes', async () => {
      const inner = 'Content-Type: multipart/signed; boundary=in\r\n\r\n--in\r\n\r\nGrüße \r\n--in--\r\n'
      const around: MimeEntity = {
        fields: [
          { name: 'Content-Type', value: ' multipart/mixed; boundary=out' },
          { name: 'Content-Transfer-Encoding', value: ' 8bit' },
        ],
        body: bytesInMemory(Buffer.from(`--out\r\n${inner}\r\n--out--\r\n`)),
      }
      const signed = await signEntity(around, testSigner('alice-rsa'), 'opaque', workspace, new Date())
      expect(signed.isSevenBit).toBe(true)
      const [cms] = await takenApart(signed, 'opaque')
      const { content, signers } = await verified(cms)
      expect(signers).toMatchObject([{ isIntact: true }])
      expect(content && (await allOf(content)).includes(inner)).toBe(true)
    })

    it('opaque is good for GnuPG', async () => {
      const signed = await signEntity(mail, testSigner('alice-rsa'), 'opaque', workspace, new Date())
      const [cms] = await takenApart(signed, 'opaque')
      const file = join(folder.path, 'opaque.der')
      writeFileSync(file, cms)
      const home = ['--homedir', join(folder.path, 'gnupg'), '--batch', '--disable-crl-checks']
      const { stderr, status } = spawnSync('gpgsm', [...home, '--verify', file])
      expect(stderr.toString()).toContain('Good signature')
      expect(status).toBe(0)
    })

    // OpenSSL 3.0 neither makes nor reads it, nor does GnuPG 2.2: this is our word alone.
    it('by Ed25519 is valid for ourselves', async () => {
      for (const form of ['clear', 'opaque'] as const) {
        const signed = await signEntity(mail, testSigner('alice-ed25519'), form, workspace, new Date())
        const [cms, detached] = await takenApart(signed, form)
        const signature = await verified(cms, detached)
        expect(signature.signers).toMatchObject([{ isIntact: true, algorithm: 'Ed25519' }])
        expect(await judgeSigner(signature, question, AbortSignal.timeout(9000))).toMatchObject({
          kind: 'valid',
        })
      }
    })

    for (const [key, micalg] of [
      ['secp384r1', 'sha-384'],
      ['secp521r1', 'sha-512'],
      ['brainpoolP384r1', 'sha-384'],
      [4096, 'sha-256'],
    ] as const) {
      it(`by a key of ${key} is good for OpenSSL`, async () => {
        const extensions = mailUser(alice, key === 4096 ? 'keyEncipherment' : undefined)
        const made = makeCertificate(folder.path, { name: `ours-${key}`, key, extensions })
        const signed = await signEntity(mail, signerOf(made), 'clear', workspace, new Date())
        expect(signed.fields[0]?.value).toContain(`micalg=${micalg}`)
        expect(opensslFinds(await messageOf(signed), made, folder.path)).toBe(text)
      })
    }

    it('by a key bound to PSS is good for OpenSSL and for ourselves', async () => {
      const made = pssCertificate(folder.path)
      const signed = await signEntity(mail, signerOf(made), 'clear', workspace, new Date())
      expect(opensslFinds(await messageOf(signed), made, folder.path)).toBe(text)
      const [cms, detached] = await takenApart(signed, 'clear')
      expect((await verified(cms, detached)).signers).toMatchObject([
        { isIntact: true, algorithm: 'RSASSA-PSS-SHA256' },
      ])
    })

    it('brings the certificate along that answers shall be encrypted to', async () => {
      const signer = { ...testSigner('alice-ec'), encryptionCertificate: testCertificate('alice-rsa') }
      const signed = await signEntity(mail, signer, 'clear', workspace, new Date())
      expect(opensslVerifies(await messageOf(signed), folder.path)).toBeDefined()
      const [cms, detached] = await takenApart(signed, 'clear')
      const [found] = (await verified(cms, detached)).signers
      expect(found?.encryptionCertificate?.fingerprint).toBe(testCertificate('alice-rsa').fingerprint)
      expect(found?.capabilities).toContain('1.2.840.113549.1.1.7')
    })

    it('of 25 MB, opaque, comes through OpenSSL byte for byte', async () => {
      const body = Buffer.from(
        randomBytes(18 * 1024 * 1024)
          .toString('base64')
          .replaceAll(/.{1,76}/g, '$&\r\n'),
      )
      const large: MimeEntity = {
        fields: [
          { name: 'Content-Type', value: ' application/pdf' },
          { name: 'Content-Transfer-Encoding', value: ' base64' },
        ],
        body: bytesInMemory(body),
      }
      const signed = await signEntity(large, testSigner('alice-rsa'), 'opaque', workspace, new Date())
      const content = opensslVerifies(await messageOf(signed), folder.path)
      expect(content?.equals(await allOf(partBytes(large)))).toBe(true)
      const [cms] = await takenApart(signed, 'opaque')
      const signature = await verified(cms)
      expect(signature.signers).toMatchObject([{ isIntact: true }])
      expect(signature.content?.size).toBe(content?.length)
    })
  })

  describe('around it, encryption', () => {
    for (const cipher of ['aes-256-cbc', 'aes-256-gcm'] as const) {
      for (const keyTransport of ['rsa-pkcs1', 'rsa-oaep'] as const) {
        it(`with ${cipher} and ${keyTransport} is opened by OpenSSL with every key it names`, async () => {
          const names = ['bob-rsa', 'bob-ec', 'alice-rsa', 'alice-ec']
          const recipients = names.map((name) => ({ certificate: testCertificate(name), keyTransport }))
          const message = await messageOf(await encryptEntity(mail, recipients, cipher, workspace))
          for (const name of names) expect(opensslDecrypts(message, name, folder.path).toString()).toBe(text)
        })
      }
    }

    for (const curve of ['secp384r1', 'secp521r1', 'brainpoolP256r1']) {
      it(`with GCM to a key on ${curve} is opened by OpenSSL`, async () => {
        const made = makeCertificate(folder.path, {
          name: `to-${curve}`,
          key: curve,
          extensions: mailUser(alice),
        })
        const recipients = [{ certificate: made.certificate, keyTransport: 'rsa-oaep' as const }]
        const message = await messageOf(await encryptEntity(mail, recipients, 'aes-256-gcm', workspace))
        const file = join(folder.path, 'to-curve.eml')
        writeFileSync(file, message)
        const key = ['-inkey', made.keyFile, '-recip', made.certificateFile]
        expect(execFileSync('openssl', ['cms', '-decrypt', '-binary', '-in', file, ...key]).toString()).toBe(
          text,
        )
      })
    }

    for (const size of [0, 1, 16, 65_536, 25 * 1024 * 1024]) {
      it(`with GCM carries ${size} bytes`, async () => {
        const body = randomBytes(size)
        const fields = [{ name: 'Content-Type', value: ' application/octet-stream' }]
        const recipients = [{ certificate: testCertificate('bob-rsa'), keyTransport: 'rsa-oaep' as const }]
        const entity = { fields, body: bytesInMemory(body) }
        const message = await messageOf(await encryptEntity(entity, recipients, 'aes-256-gcm', workspace))
        expect(opensslDecrypts(message, 'bob-rsa', folder.path).equals(await allOf(partBytes(entity)))).toBe(
          true,
        )
      })
    }
  })
})

/** The CMS of a signed entity, and what it covers where that stands beside it. */
async function takenApart(signed: MimeEntity, form: SignatureForm): Promise<[Buffer, Buffer | undefined]> {
  const body = (await allOf(signed.body)).toString('latin1')
  if (form === 'opaque') return [Buffer.from(body, 'base64'), undefined]
  const covered = body.split(/(?:\r\n)?--=_[0-9a-f]{32}(?:--)?\r\n/)[1] ?? ''
  return [signatureOf(await messageOf(signed)), Buffer.from(covered, 'latin1')]
}

function signerOf({ certificate, keyFile }: MadeCertificate): Signer {
  return { certificate, chain: [], privateKey: createPrivateKey(readFileSync(keyFile)) }
}

/** What OpenSSL finds signed by a self-signed certificate. */
function opensslFinds(message: Uint8Array, { certificateFile }: MadeCertificate, folder: string): string {
  const file = join(folder, 'self-signed.eml')
  writeFileSync(file, message)
  const trust = ['-CAfile', certificateFile, '-partial_chain', '-purpose', 'any']
  return execFileSync('openssl', ['cms', '-verify', '-in', file, ...trust], { stdio: 'pipe' }).toString()
}

/** A certificate for a key that may only sign with PSS and SHA-256. */
function pssCertificate(folder: string): MadeCertificate {
  const [keyFile, certificateFile] = [join(folder, 'pss.key.pem'), join(folder, 'pss.cert.pem')]
  const bound = ['rsa_keygen_bits:2048', 'rsa_pss_keygen_md:sha256', 'rsa_pss_keygen_mgf1_md:sha256']
  execFileSync(
    'openssl',
    [
      ...['genpkey', '-algorithm', 'RSA-PSS', '-out', keyFile],
      ...bound.flatMap((option) => ['-pkeyopt', option]),
    ],
    { stdio: 'pipe' },
  )
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-new',
        '-key',
        keyFile,
        '-subj',
        '/CN=PSS',
        '-days',
        '30',
        '-out',
        certificateFile,
      ],
      ...['-addext', `subjectAltName=email:${alice}`],
    ],
    { stdio: 'pipe' },
  )
  const certificate = readCertificate(readFileSync(certificateFile))
  return { certificate, certificateFile, keyFile }
}
