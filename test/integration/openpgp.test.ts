import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { generateOpenPgpKey } from '../../src/keys/openpgp/openpgp-own.ts'
import { publicOpenPgpKey } from '../../src/keys/openpgp/openpgp-public.ts'
import { partBytes } from '../../src/message/build-part.ts'
import { bytesInMemory } from '../../src/message/byte-source.ts'
import type { MimeEntity } from '../../src/message/mime-entity.ts'
import { verifyClearSigned } from '../../src/protection/openpgp/clear-signed.ts'
import { messageKeyIds } from '../../src/protection/openpgp/message-outline.ts'
import { openMessage } from '../../src/protection/openpgp/open-message.ts'
import { signAndEncrypt } from '../../src/protection/openpgp/sign-and-encrypt.ts'
import { signDetached } from '../../src/protection/openpgp/sign-detached.ts'
import { verifyDetached } from '../../src/protection/openpgp/verify-detached.ts'
import { openWorkspace } from '../../src/storage/spool.ts'
import { armoredKey, bodyOfPart, startGpg } from '../support/openpgp-judges.ts'
import { allOf, messageOf } from '../support/smime-judges.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const folder = temporaryFolder()
const gpg = startGpg(folder.path)
const workspace = openWorkspace(folder.path, { sizeLimit: 200 * 1024 * 1024 })
/** The test keys were made on 2026-11-21. */
const now = new Date()
const people = {
  carol: { name: 'carol-rsa3072', address: 'carol@partner.example', keyId: '775dd0daa8a749e9' },
  dave: { name: 'dave-curve25519', address: 'dave@partner.example', keyId: '43772631146e5271' },
} as const
const publicKeys = Object.values(people).map(({ name }) => armoredKey(name, 'pub'))
const secretKeys = Object.values(people).map(({ name }) => armoredKey(name, 'sec'))

beforeAll(() => {
  expect(gpg.run(['--version']).toString()).toMatch(/^gpg \(GnuPG\) 2\./)
})
afterAll(async () => {
  gpg[Symbol.dispose]()
  await workspace[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const open = (message: Uint8Array, privateKeys: readonly string[] = secretKeys) =>
  openMessage(bytesInMemory(message), { privateKeys, verificationKeys: publicKeys }, workspace, now)

/** The content of an opened message; otherwise why it is closed. */
async function contentOf(message: Uint8Array, privateKeys?: readonly string[]) {
  const opened = await open(message, privateKeys)
  return opened.kind === 'opened' ? await allOf(opened.content) : opened.reason
}

function mailOf(bytes: number): MimeEntity {
  const lines =
    randomBytes(Math.ceil((bytes * 3) / 4))
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  return {
    fields: [
      { name: 'Content-Type', value: ' application/octet-stream' },
      { name: 'Content-Transfer-Encoding', value: ' base64' },
    ],
    body: bytesInMemory(Buffer.from(`${lines.join('\r\n')}\r\n`)),
  }
}

describe('GnuPG reads what we send', () => {
  for (const [what, bytes] of [
    ['1 KB', 1000],
    ['1 MB', 1e6],
    ['25 MB', 25e6],
    ['60 MB', 60e6],
  ] as const) {
    const both = [
      [people.carol, people.dave],
      [people.dave, people.carol],
    ] as const
    for (const [from, to] of bytes > 1e6 ? both.slice(0, 1) : both) {
      it(`${what} from ${from.name} to ${to.name}, signed and encrypted`, async () => {
        const entity = mailOf(bytes)
        const keys = { signer: armoredKey(from.name, 'sec'), recipients: [armoredKey(to.name, 'pub')] }
        const message = await messageOf(await signAndEncrypt(entity, keys, workspace, now))
        const { content, good } = gpg.decrypts(bodyOfPart(message, 'application/octet-stream'))
        expect(good).toEqual([from.keyId])
        expect(content.equals(await allOf(partBytes(entity)))).toBe(true)
      })
    }
  }

  it('encrypted to both and not signed', async () => {
    const entity = mailOf(1000)
    const message = await messageOf(
      await signAndEncrypt(entity, { signer: undefined, recipients: publicKeys }, workspace, now),
    )
    const armored = bodyOfPart(message, 'application/octet-stream')
    const { content, good, status } = gpg.decrypts(armored)
    expect(content.equals(await allOf(partBytes(entity)))).toBe(true)
    expect(good).toEqual([])
    expect(status).toMatch(/ENC_TO 483F7070916F9C84[\s\S]*ENC_TO 5D9952FD49BA20C3/)
    expect(await messageKeyIds(bytesInMemory(armored))).toEqual(['483f7070916f9c84', '5d9952fd49ba20c3'])
  })

  for (const { name, keyId } of Object.values(people)) {
    it(`signed by ${name} so that everybody can read it, awkward lines and all`, async () => {
      const body = 'From here\r\n- a dash  \r\nGrüße\r\n\r\n.\r\n'
      const entity = {
        fields: [{ name: 'Content-Type', value: ' text/plain; charset=utf-8' }],
        body: bytesInMemory(Buffer.from(body)),
      }
      const signed = await signDetached(entity, armoredKey(name, 'sec'), workspace, now)
      expect(signed.isSevenBit).toBe(true)
      const message = await messageOf(signed)
      const text = message.toString('latin1')
      const boundary = /boundary="([^"]+)"/.exec(text)?.[1]
      const covered = text.split(`--${boundary}\r\n`)[1]?.slice(0, -2) ?? ''
      const signature = bodyOfPart(message, 'application/pgp-signature')
      expect(gpg.verifies(Buffer.from(covered, 'latin1'), signature).good).toEqual([keyId])
      expect(text).toContain('micalg=pgp-sha512')
      expect(gpg.run(['--list-packets'], signature).toString()).toContain('digest algo 10')
      const ours = await verifyDetached(
        bytesInMemory(Buffer.from(covered, 'latin1')),
        bytesInMemory(signature),
        publicKeys,
        now,
      )
      expect(ours).toMatchObject([{ keyId, problem: undefined }])
    })
  }

  it('with a key that we made, which it can also answer', async () => {
    const ours = await generateOpenPgpKey({ name: 'Änne Kanzlei', address: 'anne@kanzlei.example' }, now)
    gpg.import((await publicOpenPgpKey(ours.armored, now)).armored)
    const keys = { signer: ours.armored, recipients: [armoredKey('dave-curve25519', 'pub')] }
    const message = await messageOf(await signAndEncrypt(mailOf(1000), keys, workspace, now))
    const { good } = gpg.decrypts(bodyOfPart(message, 'application/octet-stream'))
    expect(good).toEqual([ours.keyIds[0]])
    const answer = gpg.run(['--encrypt', '--recipient', 'anne@kanzlei.example'], Buffer.from('Danke'))
    expect((await contentOf(answer, [ours.armored])).toString()).toBe('Danke')
    gpg.import(ours.armored)
    const asOwner = gpg.run(['--encrypt', '--recipient', ours.fingerprint], Buffer.from('an mich'))
    expect(gpg.decrypts(asOwner).content.toString()).toBe('an mich')
  })
})

describe('we read what GnuPG sends', () => {
  const text = Buffer.from('Sehr geehrte Frau Kanzlei,\nanbei die Zahlen.\n'.repeat(50))
  const encrypt = (args: readonly string[], content: Uint8Array = text) =>
    gpg.run([...args, '--encrypt'], content)

  for (const [what, args, cipher] of [
    ['armored, compressed as by default', ['--armor', '-r', people.carol.address], 'aes256'],
    ['binary, uncompressed', ['-z', '0', '-r', people.dave.address], 'aes256'],
    ['compressed with bzip2', ['--compress-algo', 'bzip2', '-r', people.dave.address], 'aes256'],
    ['compressed with zip', ['--compress-algo', 'zip', '-r', people.carol.address], 'aes256'],
    ['with AES-128', ['--cipher-algo', 'AES', '--armor', '-r', people.carol.address], 'aes128'],
    ['as text', ['--textmode', '--armor', '-r', people.dave.address], 'aes256'],
    ['to a hidden recipient', ['--hidden-recipient', people.dave.address], 'aes256'],
    [
      'with all key ids thrown away',
      ['--throw-keyids', '-r', people.dave.address, '-r', people.carol.address],
      'aes256',
    ],
    ['for the eyes only', ['--for-your-eyes-only', '-r', people.dave.address], 'aes256'],
    ['with a comment in the armor', ['--armor', '--comment', 'x: y', '-r', people.dave.address], 'aes256'],
  ] as const) {
    it(`signed and encrypted, ${what}`, async () => {
      const opened = await open(encrypt([...args, '--sign', '-u', people.carol.address]))
      if (opened.kind === 'closed') throw new Error(opened.detail)
      const isText = args.some((arg) => arg === '--textmode')
      const content = (await allOf(opened.content)).toString()
      expect(isText ? content.replaceAll('\r\n', '\n') : content).toBe(text.toString())
      expect(opened).toMatchObject({
        cipher,
        isAuthenticated: true,
        signatures: [{ keyId: people.carol.keyId, problem: undefined }],
      })
    })
  }

  for (const [what, bytes] of [
    ['1 KB', 1000],
    ['1 MB', 1e6],
    ['25 MB', 25e6],
    ['60 MB', 60e6],
  ] as const) {
    it(`${what}`, async () => {
      const content = randomBytes(bytes)
      const message = encrypt(
        ['-z', '0', '--sign', '-u', people.dave.address, '-r', people.carol.address],
        content,
      )
      const opened = await open(message)
      if (opened.kind === 'closed') throw new Error(opened.detail)
      expect((await allOf(opened.content)).equals(content)).toBe(true)
      expect(opened.signatures).toMatchObject([{ keyId: people.dave.keyId, problem: undefined }])
    })
  }

  it('signed by two, the second unknown to us', async () => {
    const twice = ['--sign', '-u', people.carol.address, '-u', people.dave.address, '-r', people.dave.address]
    const opened = await openMessage(
      bytesInMemory(encrypt(twice)),
      { privateKeys: secretKeys, verificationKeys: [armoredKey('carol-rsa3072', 'pub')] },
      workspace,
      now,
    )
    if (opened.kind === 'closed') throw new Error(opened.detail)
    const problems = Object.fromEntries(opened.signatures.map(({ keyId, problem }) => [keyId, problem]))
    expect(problems).toEqual({ [people.carol.keyId]: undefined, [people.dave.keyId]: 'unknown-key' })
  })

  it('an expired key of ours still opens old mail, and its signatures of that time are good', async () => {
    gpg.import(armoredKey('carol-expired', 'sec'))
    const fingerprint = '7dc739cb877a584b6adb003a53e17195557da609'
    const message = gpg.run(
      ['--faked-system-time', '20200601T120000', '--sign', '-u', fingerprint, '--encrypt', '-r', fingerprint],
      text,
    )
    const opened = await openMessage(
      bytesInMemory(message),
      {
        privateKeys: [armoredKey('carol-expired', 'sec')],
        verificationKeys: [armoredKey('carol-expired', 'pub')],
      },
      workspace,
      now,
    )
    expect(opened).toMatchObject({
      kind: 'opened',
      signatures: [{ keyId: '53e17195557da609', problem: undefined }],
    })
  })

  it('only with the key that it is for', async () => {
    const message = encrypt(['-r', people.carol.address])
    expect(await contentOf(message, [armoredKey('dave-curve25519', 'sec')])).toBe('no-key')
    expect(await contentOf(message, [])).toBe('no-key')
    const hidden = encrypt(['--hidden-recipient', people.carol.address])
    expect(await messageKeyIds(bytesInMemory(hidden))).toEqual(['0000000000000000'])
    expect(await contentOf(hidden, [armoredKey('dave-curve25519', 'sec')])).toBe('no-key')
  })

  it('not with a password', async () => {
    const message = gpg.run(['--symmetric', '--passphrase', 'geheim'], text)
    expect(await open(message)).toMatchObject({ kind: 'closed', reason: 'no-key' })
    expect(await open(gpg.run(['--sign', '-u', people.carol.address], text))).toMatchObject({
      reason: 'unsupported',
    })
  })

  it('with any byte changed, or cut anywhere: nothing of it', async () => {
    const plain = Buffer.from('Betrag: 1000 EUR\n'.repeat(8))
    for (const args of [['-z', '0'], []]) {
      const message = encrypt(
        [...args, '--sign', '-u', people.dave.address, '-r', people.dave.address],
        plain,
      )
      const outcomes = new Set<string>()
      for (let at = 0; at < message.length; at += 1) {
        const changed = Buffer.from(message)
        changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at)
        const read = await contentOf(changed)
        // A few bits mean nothing: then the content is the old one.
        outcomes.add(typeof read === 'string' ? read : read.equals(plain) ? 'same' : 'other')
      }
      expect(outcomes).not.toContain('other')
      expect(outcomes).toContain('damaged')
      for (let length = 0; length < message.length; length += 3) {
        expect(await contentOf(message.subarray(0, length))).toMatch(/^(?:damaged|no-key)$/)
      }
    }
  })

  it('10 MB compressed, with a byte changed near the end or some bytes missing: nothing of it', async () => {
    const content = Buffer.from(randomBytes(5_000_000).toString('hex'))
    const message = encrypt(['--sign', '-u', people.dave.address, '-r', people.dave.address], content)
    expect(message.length).toBeGreaterThan(4e6)
    for (const fromEnd of [1, 100_000]) {
      const changed = Buffer.from(message)
      changed.writeUInt8(changed.readUInt8(message.length - fromEnd) ^ 1, message.length - fromEnd)
      expect(await open(changed)).toMatchObject({ kind: 'closed', reason: 'damaged' })
      expect(await open(message.subarray(0, -fromEnd))).toMatchObject({ kind: 'closed', reason: 'damaged' })
    }
    expect(content.equals((await contentOf(message)) as Buffer)).toBe(true)
  })

  it('what unpacks to gigabytes is given up', async () => {
    const bomb = encrypt(['-z', '9', '-r', people.dave.address], Buffer.alloc(300e6))
    expect(bomb.length).toBeLessThan(1_000_000)
    await using small = openWorkspace(folder.path, { sizeLimit: 10e6 })
    const reader = { privateKeys: secretKeys, verificationKeys: publicKeys }
    expect(await openMessage(bytesInMemory(bomb), reader, small, now)).toMatchObject({ reason: 'too-large' })
  })
})

describe('signatures that GnuPG makes', () => {
  const text = Buffer.from('Zeile eins  \nFrom here\n- mit Strich\nGr\u00fc\u00dfe\n')
  const detached = (args: readonly string[], content: Uint8Array) =>
    gpg.run([...args, '--detach-sign', '-u', people.carol.address], content)
  const problemsOf = async (covered: Uint8Array, signature: Uint8Array) =>
    (await verifyDetached(bytesInMemory(covered), bytesInMemory(signature), publicKeys, now)).map(
      ({ problem }) => problem,
    )
  const withCrlf = Buffer.from(text.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')

  for (const [what, args] of [
    ['binary', []],
    ['armored', ['--armor']],
    ['of text', ['--armor', '--textmode']],
  ] as const) {
    it(`${what}, with line ends as they were and as servers leave them`, async () => {
      const signature = detached(args, withCrlf)
      expect(await problemsOf(withCrlf, signature)).toEqual([undefined])
      expect(await problemsOf(text, signature)).toEqual([undefined])
      expect(await problemsOf(Buffer.concat([withCrlf, Buffer.from('x')]), signature)).toEqual(['altered'])
    })
  }

  it('with SHA-1 are worth nothing', async () => {
    const signature = detached(['--digest-algo', 'SHA1', '--allow-weak-digest-algos'], withCrlf)
    expect(await problemsOf(withCrlf, signature)).toEqual(['weak-hash'])
  })

  for (const [charset, content] of [
    ['UTF-8', Buffer.from(text)],
    ['ISO-8859-1', Buffer.from(text.toString('utf8'), 'latin1')],
  ] as const) {
    it(`around clear text in ${charset}`, async () => {
      const signed = gpg.run(['--clearsign', '-u', people.dave.address], content)
      const read = await verifyClearSigned(signed, publicKeys, now)
      expect(read?.signatures).toMatchObject([{ keyId: people.dave.keyId, problem: undefined }])
      expect(read?.hasOtherText).toBe(false)
      const expected = content.toString('latin1').replace('eins  ', 'eins').trimEnd().replaceAll('\n', '\r\n')
      expect(Buffer.from(read?.text ?? []).toString('latin1')).toBe(expected)
      const altered = Buffer.from(signed.toString('latin1').replace('Zeile eins', 'Zeile zwei'), 'latin1')
      expect((await verifyClearSigned(altered, publicKeys, now))?.signatures).toMatchObject([
        { problem: 'altered' },
      ])
    })
  }
})

test('keys that are over are not encrypted to', async () => {
  for (const name of ['carol-expired', 'dave-revoked']) {
    const keys = { signer: undefined, recipients: [armoredKey(name, 'pub')] }
    await expect(signAndEncrypt(mailOf(100), keys, workspace, now)).rejects.toMatchObject({
      replyClass: 5,
      status: '7.5',
    })
  }
})
