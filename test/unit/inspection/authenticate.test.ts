import { describe, expect, it } from 'vitest'
import { TemporaryFailure } from '../../../src/failure.ts'
import { authenticate } from '../../../src/inspection/authenticate.ts'
import { type ReceivedChange, receivedMessage } from '../../support/received-message.ts'
import { keyZone, signed } from '../../support/signed-mail.ts'
import { type Zone, zoneLookup } from '../../support/zone-lookup.ts'

const letter = `From: Ann <ann@partner.example>
To: bob@kanzlei.example
Subject: A letter
Date: Sat, 21 Nov 2026 12:00:00 +0000
Message-ID: <1@partner.example>

Dear Bob,
this is a letter.
`
const never = new AbortController().signal
const spfRecord = { TXT: [['v=spf1 ip4:192.0.2.1 -all']] }
const policy = (p: string) => ({ '_dmarc.partner.example': { TXT: [[`v=DMARC1; p=${p}`]] } })

function facts(content: string | Uint8Array, zone: Zone, change: ReceivedChange = {}) {
  return authenticate(receivedMessage(content, change), zoneLookup(zone), never)
}

describe('who sent a message', () => {
  it('is proven by an aligned signature', async () => {
    const found = await facts(await signed(letter, 'partner.example'), {
      ...keyZone('partner.example'),
      ...policy('reject'),
    })
    expect(found).toMatchObject({
      author: { address: 'ann@partner.example', domain: 'partner.example' },
      spf: { result: 'none', domain: 'partner.example' },
      dkim: [
        { result: 'pass', domain: 'partner.example', selector: 's', aligned: true, bodyLengthLimited: false },
      ],
      dmarc: { result: 'pass', policy: 'reject' },
      arc: 'none',
    })
  })

  it('is proven by aligned SPF', async () => {
    const found = await facts(letter, { 'partner.example': spfRecord, ...policy('none') })
    expect(found).toMatchObject({
      spf: { result: 'pass', domain: 'partner.example', aligned: true, reach: 'own' },
      dkim: [],
      dmarc: { result: 'pass', policy: 'none' },
    })
  })

  it('is proven less by SPF of a host that sends for many, at no question more', async () => {
    const zone = {
      'partner.example': { TXT: [['v=spf1 include:spf.protection.outlook.com -all']] },
      'spf.protection.outlook.com': { TXT: [['v=spf1 ip4:192.0.2.0/24 -all']] },
    }
    const asked: string[] = []
    const found = await authenticate(receivedMessage(letter), zoneLookup(zone, asked), never)
    expect(found.spf).toMatchObject({ result: 'pass', reach: 'shared' })
    expect(new Set(asked).size).toBe(asked.length)
  })

  it('is not proven by a signature that leaves the subject to others', async () => {
    const mail = await signed(letter.replace('Subject: A letter\n', ''), 'partner.example')
    const changed = mail.replace('From: Ann', 'Subject: Pay at once\r\nFrom: Ann')
    expect((await facts(changed, keyZone('partner.example'))).dkim).toMatchObject([
      { result: 'pass', headerIncomplete: true },
    ])
    const whole = await facts(await signed(letter, 'partner.example'), keyZone('partner.example'))
    expect(whole.dkim).toMatchObject([{ result: 'pass', headerIncomplete: false }])
  })

  it('is read as one author where a name holds a bare comma', async () => {
    const comma = letter.replace('Ann <', 'Doe, Ann <')
    expect(await facts(await signed(comma, 'partner.example'), keyZone('partner.example'))).toMatchObject({
      author: { address: 'ann@partner.example' },
      dkim: [{ result: 'pass', aligned: true }],
    })
  })

  it('is judged by the HELO name for the null sender', async () => {
    const zone = { 'mail.partner.example': spfRecord }
    expect(await facts(letter, zone, { sender: '' })).toMatchObject({
      spf: { result: 'pass', domain: 'mail.partner.example', aligned: true },
    })
  })

  it('is not proven by the signature of a stranger, and the policy says what to think of it', async () => {
    const found = await facts(
      await signed(letter, 'stranger.example'),
      { ...keyZone('stranger.example'), 'stranger.example': spfRecord, ...policy('quarantine') },
      { sender: 'x@stranger.example' },
    )
    expect(found).toMatchObject({
      spf: { result: 'pass', aligned: false },
      dkim: [{ result: 'pass', domain: 'stranger.example', aligned: false }],
      dmarc: { result: 'fail', policy: 'quarantine' },
    })
  })

  it('is not proven by a signature of another customer of the same hosting domain', async () => {
    const hosted = letter.replaceAll('partner.example', 'one.github.io')
    const found = await facts(await signed(hosted, 'two.github.io'), keyZone('two.github.io'))
    expect(found.dkim).toMatchObject([{ result: 'pass', aligned: false }])
  })

  it('is not proven when the body was changed', async () => {
    const changed = (await signed(letter, 'partner.example')).replace('a letter.', 'an invoice.')
    expect(await facts(changed, keyZone('partner.example'))).toMatchObject({
      dkim: [{ result: 'fail', domain: 'partner.example' }],
      dmarc: { result: 'none' },
    })
  })

  it('is not proven by a signature of the first bytes only, neither for DKIM nor for DMARC', async () => {
    const text = `${await signed(letter, 'partner.example', { maxBodyLength: 10 })}Pay to another account.\r\n`
    expect(text).toContain('l=10')
    expect(await facts(text, { ...keyZone('partner.example'), ...policy('reject') })).toMatchObject({
      dkim: [{ result: 'policy', aligned: true, bodyLengthLimited: true }],
      dmarc: { result: 'fail', policy: 'reject' },
    })
  })

  it('does not change with a second signature that is limited', async () => {
    const limited = await signed(letter, 'partner.example', { maxBodyLength: 10 })
    const field = limited.slice(0, limited.indexOf('From:'))
    const both = field + (await signed(letter, 'partner.example'))
    expect((await facts(both, keyZone('partner.example'))).dkim.map(({ result }) => result)).toEqual([
      'pass',
      'policy',
    ])
  })

  it('needs the SPF record of the author where only a foreign sender was checked', async () => {
    const zone = { 'partner.example': { TXT: [['v=spf1 -all']] }, 'stranger.example': spfRecord }
    expect(await facts(letter, zone, { sender: 'x@stranger.example' })).toMatchObject({
      authorPublishesSpf: true,
    })
    expect(
      await facts(letter, { 'stranger.example': spfRecord }, { sender: 'x@stranger.example' }),
    ).toMatchObject({
      authorPublishesSpf: false,
    })
    const down = { 'partner.example': { TXT: 'ETIMEOUT' }, 'stranger.example': spfRecord }
    expect((await facts(letter, down, { sender: 'x@stranger.example' })).authorPublishesSpf).toBeUndefined()
  })

  it('is not asked of the DNS for a client on this machine', async () => {
    expect(
      (await facts(letter, { 'partner.example': spfRecord }, { client: { address: undefined } })).spf,
    ).toEqual({
      result: 'none',
      domain: 'partner.example',
      aligned: true,
    })
  })
})

describe('an author that is not one author', () => {
  for (const [what, from] of [
    ['no From field', 'X-From: nobody'],
    ['two From fields', 'From: ann@partner.example\r\nFrom: eve@evil.example'],
    [
      'two From fields, one with a space before the colon',
      'From: ann@partner.example\r\nFrom : eve@evil.example',
    ],
    ['two mailboxes', 'From: ann@partner.example, eve@evil.example'],
    ['two mailboxes of one domain', 'From: ann@partner.example, amy@partner.example'],
    ['an address with two at signs', 'From: ann@partner.example@evil.example'],
    ['an empty From', 'From: '],
  ] as const) {
    it(`is nobody, and DMARC cannot pass: ${what}`, async () => {
      const text = letter.replace('From: Ann <ann@partner.example>', from)
      const zone = { ...keyZone('partner.example'), 'partner.example': spfRecord, ...policy('none') }
      const found = await facts(text, zone)
      expect(found.author).toBeUndefined()
      expect(found.dmarc.result).toBe('permerror')
      expect(found.spf.aligned).toBe(false)
      expect(found.dkim.some(({ aligned }) => aligned)).toBe(false)
    })
  }
})

describe('a DNS that does not answer', () => {
  it('makes temperror, never none or fail', async () => {
    const zone = {
      'partner.example': { TXT: 'ETIMEOUT' },
      's._domainkey.partner.example': { TXT: 'ESERVFAIL' },
      '_dmarc.partner.example': { TXT: 'ECONNREFUSED' },
    }
    const found = await facts(await signed(letter, 'partner.example'), zone)
    expect(found).toMatchObject({
      spf: { result: 'temperror' },
      dkim: [{ result: 'temperror', aligned: true }],
      dmarc: { result: 'temperror', policy: undefined },
    })
  })

  for (const [what, isSigned, zone] of [
    ['a part of SPF', false, { 'partner.example': { TXT: [['v=spf1 include:late.example -all']] } }],
    [
      'the key of a signature',
      true,
      {
        'partner.example': { TXT: [['v=spf1 -all']] },
        's._domainkey.partner.example': { TXT: 'ESERVFAIL' },
      },
    ],
  ] as readonly (readonly [string, boolean, Zone])[]) {
    it(`fails nobody by DMARC while ${what} could still be his proof`, async () => {
      const text = isSigned ? await signed(letter, 'partner.example') : letter
      const found = await facts(text, { ...policy('reject'), 'late.example': { TXT: 'ETIMEOUT' }, ...zone })
      expect(found.dmarc).toEqual({ result: 'temperror', policy: 'reject' })
    })
  }

  it('fails a forger by DMARC for whom only a check of a strange domain is missing', async () => {
    const zone = { ...policy('reject'), 's._domainkey.stranger.example': { TXT: 'ESERVFAIL' } }
    const found = await facts(await signed(letter, 'stranger.example'), zone, {
      sender: 'x@stranger.example',
    })
    expect(found).toMatchObject({ dkim: [{ result: 'temperror' }], dmarc: { result: 'fail' } })
  })

  it('does not keep us from hearing what the author’s domain asks for, however slow all others are', async () => {
    const large = letter.replace('ann@partner', 'ann@mail.partner') + 'x\n'.repeat(200_000)
    const slow = zoneLookup(policy('reject'))
    const found = await authenticate(
      receivedMessage(await signed(large, 'slow.example'), { sender: 'x@slow.example' }),
      (name, rrtype, signal) =>
        name.endsWith('slow.example') ? new Promise<never>(() => undefined) : slow(name, rrtype, signal),
      never,
      { totalMs: 300, lookups: 60 },
    )
    expect(found).toMatchObject({
      dkim: [{ result: 'temperror' }],
      dmarc: { result: 'fail', policy: 'reject' },
    })
  })

  it('ends the waiting at the deadline, even if it never says anything', async () => {
    const silent = () => new Promise<never>(() => undefined)
    const message = receivedMessage(await signed(letter, 'partner.example'))
    const found = await authenticate(message, silent, never, { totalMs: 100, lookups: 60 })
    expect(found).toMatchObject({
      author: { domain: 'partner.example' },
      spf: { result: 'temperror' },
      dkim: [{ result: 'temperror', aligned: true }],
      dmarc: { result: 'temperror' },
    })
  })

  it('answers nonsense without harm', async () => {
    for (const nonsense of [
      [null],
      [[]],
      [{}],
      ['\0'.repeat(1000)],
      [[Buffer.from('x')]],
      'ENONSENSE',
    ] as const) {
      const lying = async () => {
        if (typeof nonsense === 'string') throw Object.assign(new Error(nonsense), { code: nonsense })
        return [...nonsense] as unknown[]
      }
      const found = await authenticate(receivedMessage(await signed(letter, 'partner.example')), lying, never)
      expect(found.dkim.some(({ result }) => result === 'pass')).toBe(false)
      expect(found.spf.result).not.toBe('pass')
      expect(found.dmarc.result).not.toBe('pass')
    }
  })
})

describe('a header made to wear us out', () => {
  it('asks for the keys of ten signatures at most, those of the author first', async () => {
    const one = await signed(letter, 'partner.example')
    const copies = Array.from({ length: 300 }, (_, index) =>
      one
        .slice(0, one.indexOf('From:'))
        .replace(/ s=s;/, ` s=s${index};`)
        .replace('d=partner.example', 'd=stranger.example'),
    )
    const asked: string[] = []
    const message = receivedMessage(copies.join('') + one)
    const found = await authenticate(message, zoneLookup(keyZone('partner.example'), asked), never)
    expect(found.dkim).toHaveLength(10)
    expect(found.dkim).toContainEqual(expect.objectContaining({ result: 'pass', aligned: true }))
    expect(asked.filter((question) => question.includes('_domainkey'))).toHaveLength(10)
  })

  it('survives hundreds of copies of one signature', async () => {
    const field = 'DKIM-Signature: v=1; a=rsa-sha256; d=partner.example; s=s; h=from; bh=eA==; b=eA==\n'
    const found = await facts(field.repeat(900) + letter, keyZone('partner.example'))
    expect(found.dkim).toHaveLength(10)
    expect(found.dkim.every(({ result }) => result === 'fail')).toBe(true)
  })
})

it('a message that cannot be read from its spool is deferred', async () => {
  const message = receivedMessage(await signed(letter, 'partner.example'))
  const stream = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('Dear')
    throw new TemporaryFailure('3.1', 'disk')
  }
  const read = () => {
    throw new TemporaryFailure('3.1', 'disk')
  }
  // Small messages are read at once, large ones in pieces.
  const small = { ...message, source: { ...message.source, read } }
  await expect(authenticate(small, zoneLookup({}), never)).rejects.toBeInstanceOf(TemporaryFailure)
  const broken = { ...message, source: { ...message.source, stream, size: 1024 * 1024 } }
  await expect(authenticate(broken, zoneLookup({}), never)).rejects.toBeInstanceOf(TemporaryFailure)
})

it('a message whose client has gone is left', async () => {
  const gone = new AbortController()
  const silent = () => new Promise<never>(() => undefined)
  const found = authenticate(receivedMessage(letter), silent, gone.signal)
  gone.abort(new Error('client went'))
  await expect(found).rejects.toThrow('client went')
})
