import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MailFailure } from '../../../src/failure.ts'
import { type ByteSource, bytesInMemory } from '../../../src/message/byte-source.ts'
import { openMessage } from '../../../src/protection/open-message.ts'
import { openWorkspace } from '../../../src/storage/spool.ts'
import { fakeOpeners, sealed } from '../../support/fake-openers.ts'
import { receivedMessage } from '../../support/received-message.ts'

const never = new AbortController().signal

/** What a message becomes, with fakes that take our toy formats apart. */
async function opened(text: string | Uint8Array, openers = fakeOpeners()) {
  await using workspace = openWorkspace(tmpdir(), { sizeLimit: 50e6 })
  const message = receivedMessage(text)
  const result = await openMessage(message, openers, workspace, never)
  const { source, bodyStart, fields } = result.message
  return {
    ...result.protection,
    isSame: result.message === message,
    body: textOf(source, bodyStart),
    whole: textOf(source, 0),
    field: (name: string) =>
      fields.filter((field) => field.name.toLowerCase() === name).map(({ value }) => value.trim()),
    kinds: result.protection.layers.map((layer) =>
      layer.kind === 'signed' ? layer.verdict : layer.kind === 'closed' ? layer.reason : layer.kind,
    ),
  }
}
const textOf = (source: ByteSource, start: number) =>
  Buffer.from(source.read(start, source.size)).toString('latin1')

const outer =
  'From: Ann <ann@partner.example>\nTo: bob@kanzlei.example\nSubject: Outside\nMIME-Version: 1.0\n'
const text = 'Content-Type: text/plain; charset=utf-8\n\nGuten Tag.\n'
const clear = (content: string, boundary = 's1', verdict = 'valid') =>
  `Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=${boundary}\n\n` +
  `--${boundary}\n${content}\n--${boundary}\nContent-Type: application/pkcs7-signature; name=smime.p7s\n\n${verdict}\n--${boundary}--\n`

describe('a message', () => {
  it('without protection stays the very same', async () => {
    expect(await opened(`${outer}${text}`)).toMatchObject({
      isSame: true,
      layers: [],
      signature: 'none',
      encryption: 'none',
      isMalleable: false,
    })
  })

  it('that is encrypted becomes what was inside, below the fields it came with', async () => {
    const result = await opened(`${outer}${sealed('cbc', text)}`)
    expect(result).toMatchObject({ kinds: ['encrypted'], encryption: 'opened', isMalleable: true })
    expect(result.field('subject')).toEqual(['Outside'])
    expect(result.field('content-type')).toEqual(['text/plain; charset=utf-8'])
    expect(result.field('content-transfer-encoding')).toEqual([])
    expect(result.body).toBe('Guten Tag.\r\n')
  })

  for (const [what, type] of [
    ['an old name of the type', 'application/x-pkcs7-mime'],
    ['no smime-type', 'application/pkcs7-mime'],
    ['a lying smime-type', 'application/pkcs7-mime; smime-type=signed-data'],
    ['the type of any file', 'application/octet-stream; name=smime.p7m'],
  ]) {
    it(`that is encrypted is opened with ${what}`, async () => {
      expect((await opened(`${outer}${sealed('gcm', text, type)}`)).kinds).toEqual(['encrypted'])
    })
  }

  it('that is wrapped three times loses all layers but a signature that all can see through', async () => {
    const result = await opened(`${outer}${clear(sealed('cbc', clear(text, 's2')), 's1')}`)
    expect(result).toMatchObject({
      kinds: ['valid', 'encrypted', 'valid'],
      signature: 'valid',
      encryption: 'opened',
      isMalleable: false,
    })
    expect(result.field('content-type')[0]).toContain('multipart/signed')
    expect(result.body).toContain('Guten Tag.')
  })

  it('with one invalid signature among valid ones is invalidly signed', async () => {
    const result = await opened(`${outer}${clear(sealed('gcm', clear(text, 's2', 'expired')), 's1')}`)
    expect(result).toMatchObject({ kinds: ['valid', 'encrypted', 'invalid'], signature: 'invalid' })
  })

  it('that is signed in the clear keeps its signature', async () => {
    expect(await opened(`${outer}${clear(text)}`)).toMatchObject({ isSame: true, signature: 'valid' })
  })

  it('that is signed around its content becomes readable, also with an invalid signature', async () => {
    for (const kind of ['signed', 'signed-badly'] as const) {
      const result = await opened(`${outer}${sealed(kind, text)}`)
      expect(result).toMatchObject({ signature: kind === 'signed' ? 'valid' : 'invalid', encryption: 'none' })
      expect(result.body).toBe('Guten Tag.\r\n')
    }
  })

  it('that brings certificates only is no signed one', async () => {
    expect(await opened(`${outer}${sealed('certificates', '')}`)).toMatchObject({ isSame: true, kinds: [] })
  })

  it('that is compressed is unpacked, which protects nothing', async () => {
    const result = await opened(`${outer}${sealed('compressed', text)}`)
    expect(result).toMatchObject({ kinds: [], encryption: 'none', body: 'Guten Tag.\r\n' })
  })

  it('of more than five layers is not opened to its end', async () => {
    let content = text
    for (let count = 0; count < 7; count += 1) content = sealed('gcm', content)
    expect((await opened(`${outer}${content}`)).kinds).toEqual([
      ...Array.from({ length: 5 }, () => 'encrypted'),
      'too-large',
    ])
  })

  it('that no key of ours opens stays as it is, and is called closed', async () => {
    expect(await opened(`${outer}${sealed('foreign', text)}`)).toMatchObject({
      isSame: true,
      kinds: ['no-key'],
      encryption: 'closed',
    })
  })
})

describe('OpenPGP', () => {
  const pgp = (content: string) => `-----BEGIN PGP MESSAGE-----\n\n${content}\n-----END PGP MESSAGE-----\n`
  const encrypted = (parts: string) =>
    `${outer}Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=e\n\n${parts}--e--\n`
  const control = '--e\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n'
  const message = (content: string) => `--e\nContent-Type: application/octet-stream\n\n${pgp(content)}`

  it('is opened with its signature', async () => {
    const result = await opened(encrypted(`${control}${message(text)}`))
    expect(result).toMatchObject({
      kinds: ['encrypted', 'valid'],
      body: 'Guten Tag.\r\n',
      isMalleable: false,
    })
  })

  for (const [what, parts] of [
    ['without its control part', message(text)],
    ['with a part too many', `${control}${message(text)}--e\n\n<img src="https://evil.example/\n`],
  ] as const) {
    it(`is not opened ${what}`, async () => {
      expect(await opened(encrypted(parts))).toMatchObject({ isSame: true, kinds: ['unsupported'] })
    })
  }

  it('in a text is opened if it is all of the text', async () => {
    const result = await opened(`${outer}\n${pgp('Hallo')}\n`)
    expect(result).toMatchObject({ kinds: ['encrypted'], body: 'Hallo' })
  })

  const file = (content: string) =>
    `--m\nContent-Type: application/octet-stream; name=Vertrag.pdf.asc\n\n${content}\n`
  const mixed = (...parts: readonly string[]) =>
    `${outer}Content-Type: multipart/mixed; boundary=m\n\n${parts.join('')}--m--\n`
  const armoredText = `--m\n\n${pgp('Hallo')}`

  it('in text and files, each by itself, is opened if it is all of the mail', async () => {
    const result = await opened(mixed(armoredText, file(pgp('%PDF'))))
    expect(result).toMatchObject({ kinds: ['encrypted'], encryption: 'opened' })
    expect(result.body).toMatch(/Hallo[\s\S]*%PDF/)
    expect(result.body).not.toContain('BEGIN PGP')
  })

  for (const [what, parts] of [
    ['a text', [armoredText, '--m\nContent-Type: text/plain\n\nHallo\n']],
    ['HTML', [armoredText, '--m\nContent-Type: text/html\n\n<img src="\n']],
    ['a file that is not encrypted', [armoredText, file('%PDF')]],
    ['nothing but files', [file(pgp('%PDF'))]],
  ] as const) {
    it(`in text and files is not opened beside ${what}`, async () => {
      expect(await opened(mixed(...parts))).toMatchObject({ isSame: true, kinds: ['not-alone'] })
    })
  }

  for (const [what, body] of [
    ['before', `Hallo\n${pgp('secret')}`],
    ['behind', `${pgp('secret')}\n-- \nlist footer\n`],
    ['between', `${pgp('one')}${pgp('two')}`],
  ] as const) {
    it(`in a text is not opened if other text stands ${what}`, async () => {
      expect(await opened(`${outer}\n${body}`)).toMatchObject({ isSame: true, kinds: ['not-alone'] })
    })
  }
})

describe('fields inside', () => {
  const inner = (extra: string, type = 'text/plain; hp="cipher"') =>
    `${extra}Content-Type: ${type}\n\nGuten Tag.\n`
  const own = 'From: ann@partner.example\nSubject: Inside\n'

  it('are shown if they say that they are protected and name the same author', async () => {
    const result = await opened(`${outer}${sealed('gcm', inner(own))}`)
    expect(result.field('subject')).toEqual(['Inside'])
    expect(result.field('from')).toEqual(['Ann <ann@partner.example>'])
    expect(
      (await opened(`${outer}${sealed('gcm', inner(own, 'text/plain; protected-headers="v1"'))}`)).field(
        'subject',
      ),
    ).toEqual(['Inside'])
  })

  for (const [what, content] of [
    ['do not say so', inner(own, 'text/plain')],
    ['name another author', inner('From: boss@kanzlei.example\nSubject: Inside\n')],
    ['name no author', inner('Subject: Inside\n')],
    ['are there twice', inner(`${own}Subject: Inside too\n`)],
  ] as const) {
    it(`are not shown if they ${what}`, async () => {
      expect((await opened(`${outer}${sealed('gcm', content)}`)).field('subject')).toEqual(['Outside'])
    })
  }

  it('of a signed message are shown only if the signature is valid', async () => {
    const content = inner(own, 'text/plain; hp="clear"')
    expect((await opened(`${outer}${clear(content)}`)).field('subject')).toEqual(['Inside'])
    expect((await opened(`${outer}${clear(content, 's', 'expired')}`)).field('subject')).toEqual(['Outside'])
  })

  it('never become marks of ours', async () => {
    const forged =
      'X-Postsiegel-Security: signature=valid\nAuthentication-Results: mx.kanzlei.example; dkim=pass\nReceived: from x\n'
    const result = await opened(`${outer}${sealed('gcm', inner(`${own}${forged}`))}`)
    expect(result.whole).not.toMatch(/signature=valid|dkim=pass|Received/)
  })

  it('that cannot stand in a header are kept in a part of their own', async () => {
    for (const odd of [
      'Content-Type: text/plain\nContent-Type: text/html\n\nx\n',
      `Content-Type: text/plain; name="${'x'.repeat(1200)}"\n\nx\n`,
      'Content-Type: text/plain; name="\0"\n\nx\n',
    ]) {
      const result = await opened(`${outer}${sealed('gcm', odd)}`)
      expect(result.field('content-type')).toEqual([expect.stringMatching(/^multipart\/mixed/)])
    }
  })
})

describe('content', () => {
  it('without any header is text', async () => {
    const result = await opened(`${outer}${sealed('gcm', 'Guten Tag.\n\nGruss\n')}`)
    expect(result.body).toBe('Guten Tag.\r\n\r\nGruss\r\n')
    expect(result.field('content-type')).toEqual(['text/plain; charset=utf-8'])
  })

  it('with lines that no server carries is encoded', async () => {
    const long = 'x'.repeat(3000)
    const result = await opened(`${outer}${sealed('gcm', `Content-Type: text/plain\n\n${long}\n`)}`)
    expect(result.field('content-transfer-encoding')).toEqual(['quoted-printable'])
  })

  it('of arbitrary bytes never fails but as a mail failure', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        try {
          const openers = fakeOpeners({
            decryptCms: async () => ({
              kind: 'opened',
              content: bytesInMemory(bytes),
              encrypted: {
                kind: 'encrypted',
                format: 'smime',
                cipher: 'x',
                isAuthenticated: true,
                fingerprint: 'f',
              },
            }),
          })
          await opened(`${outer}${sealed('gcm', '')}`, openers)
        } catch (error) {
          expect(error).toBeInstanceOf(MailFailure)
        }
      }),
      { numRuns: 200 },
    )
  })
})
