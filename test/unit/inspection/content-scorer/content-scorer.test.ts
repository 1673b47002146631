import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { scoreContentWith } from '../../../../src/inspection/content-scorer/content-scorer.ts'
import { openScorer } from '../../../../src/inspection/content-scorer/open-scorer.ts'
import { askRspamd, readRspamdAnswer } from '../../../../src/inspection/content-scorer/rspamd.ts'
import { askSpamd, readSpamdAnswer } from '../../../../src/inspection/content-scorer/spamd.ts'
import type { ReceivedMessage } from '../../../../src/message/received-message.ts'
import { receivedMessage } from '../../../support/received-message.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const never = new AbortController().signal
const message = receivedMessage('From: ann@partner.example\nSubject: x\n\nGuten Tag\n')

/** A scorer that does as `onRequest` says as soon as somebody connects. */
async function fakeScorer(onRequest: (socket: Socket) => void) {
  const folder = temporaryFolder()
  const path = join(folder.path, 'scorer.sock')
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onRequest(socket)
  })
  server.listen(path)
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
    folder[Symbol.dispose]()
  })
  return path
}

/** Answers when the request is over, and keeps it. */
async function answering(answer: string | Buffer) {
  const requests: string[] = []
  const path = await fakeScorer((socket) => {
    let received = ''
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1')
    })
    socket.on('end', () => {
      requests.push(received)
      socket.end(answer)
    })
  })
  return { path, requests }
}

const spamd = (line: string, rules = 'A,B') =>
  `SPAMD/1.1 0 EX_OK\r\nContent-length: ${rules.length + 2}\r\n${line}\r\n\r\n${rules}\r\n`
const rspamd = (body: unknown, status = '200 OK') => {
  const text = JSON.stringify(body)
  return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
}
const ofRspamd = {
  is_skipped: false,
  score: 9,
  required_score: 15,
  action: 'add header',
  symbols: { HTML_SHORT_LINK_IMG_1: { name: 'HTML_SHORT_LINK_IMG_1', score: 2, metric_score: 2 } },
  messages: {},
  'message-id': 'x@partner.example',
}

const scores = async (kind: 'rspamd' | 'spamassassin', path: string, of: ReceivedMessage = message) =>
  openScorer({ kind, address: path })(of, never)

it('without a scorer nothing is scored', async () => {
  expect(await openScorer(undefined)(message, never)).toEqual({ kind: 'none' })
})

describe('spamd', () => {
  it('is given the message behind its length, and tells the score', async () => {
    const { path, requests } = await answering(spamd('Spam: True ; 7.6 / 5.0'))
    expect(await scores('spamassassin', path)).toEqual({
      kind: 'scored',
      scorer: 'spamassassin',
      score: 7.6,
      phishing: false,
    })
    const content = Buffer.from(message.source.read(0, message.source.size)).toString('latin1')
    expect(requests).toEqual([`SYMBOLS SPAMC/1.5\r\nContent-length: ${content.length}\r\n\r\n${content}`])
  })

  for (const [what, answer, expected] of [
    ['a negative score', spamd('Spam: False ; -2.1 / 5.0', ''), { score: -2.1 }],
    ['Yes for True', spamd('Spam: Yes ; 12 / 5'), { score: 12 }],
    ['a list of known phishing', spamd('Spam: True ; 3.0 / 5.0', 'A,URIBL_PH_SURBL'), { phishing: true }],
    ['a link that is only odd', spamd('Spam: True ; 3.0 / 5.0', 'A,URIBL_BLACK'), { phishing: false }],
    ['an error', 'SPAMD/1.1 76 EX_PROTOCOL\r\n\r\n', { reason: 'spamassassin: spamd says 76 EX_PROTOCOL' }],
    ['no score', spamd('Spam: maybe'), { kind: 'unknown' }],
    ['a score without end', spamd('Spam: True ; 99999999999 / 5.0'), { kind: 'unknown' }],
    ['half of it', spamd('Spam: True ; 7.6 / 5.0').slice(0, -2), { kind: 'unknown' }],
    ['nothing', '', { kind: 'unknown' }],
    ['something else', 'HTTP/1.1 200 OK\r\n\r\n{}', { kind: 'unknown' }],
  ] as const) {
    it(`that answers ${what}`, async () => {
      const { path } = await answering(answer)
      expect(await scores('spamassassin', path)).toMatchObject(expected)
    })
  }
})

describe('rspamd', () => {
  it('is told who sends, and not to judge that', async () => {
    const { path, requests } = await answering(rspamd(ofRspamd))
    const recipients = Array.from({ length: 1000 }, (_, index) => `r${index}@kanzlei.example`)
    const sent = { ...message, sender: 'ann@partner.example\r\nX: y', recipients }
    expect(await scores('rspamd', path, sent)).toEqual({
      kind: 'scored',
      scorer: 'rspamd',
      score: 6,
      phishing: false,
    })
    const [head = ''] = (requests[0] ?? '').split('\r\n\r\n')
    expect(head).toMatch(/^POST \/checkv2 HTTP\/1\.0\r\n/)
    expect(head).toContain(`\r\nContent-Length: ${message.source.size}\r\n`)
    expect(head).toContain('\r\nIP: 192.0.2.1\r\n')
    expect(head).toContain('\r\nFrom: ann@partner.exampleX: y\r\n')
    expect(head).toContain('"groups_disabled":["spf","dkim","dmarc","arc","hfilter","rbl"]')
    expect(head.match(/\r\nRcpt: /g)).toHaveLength(50)
  })

  for (const [what, answer, expected] of [
    [
      'with what it remembers of the sender: that is left out',
      rspamd({
        ...ofRspamd,
        symbols: { WHITELIST_DKIM: { score: -3 }, URL_REPUTATION: { score: 1.5 }, X: {} },
      }),
      { score: 7 },
    ],
    [
      'known phishing',
      rspamd({ ...ofRspamd, symbols: { PHISHED_OPENPHISH: { score: 7 } } }),
      { phishing: true },
    ],
    [
      'a link that is only odd',
      rspamd({ ...ofRspamd, symbols: { PHISHING: { score: 4 } } }),
      { phishing: false },
    ],
    ['that it skipped the message', rspamd({ ...ofRspamd, is_skipped: true }), { kind: 'unknown' }],
    ['soft reject', rspamd({ ...ofRspamd, action: 'soft reject' }), { score: 6 }],
    ['an error', rspamd({}, '503 Busy'), { reason: 'rspamd: rspamd answers 503' }],
    ['a score in words', rspamd({ ...ofRspamd, score: '9' }), { kind: 'unknown' }],
    ['an endless score', 'HTTP/1.1 200 OK\r\n\r\n{"score":1e999}', { kind: 'unknown' }],
    ['half of it', rspamd(ofRspamd).slice(0, -20), { kind: 'unknown' }],
    ['no JSON', 'HTTP/1.1 200 OK\r\n\r\n<html>', { kind: 'unknown' }],
    ['nothing', '', { kind: 'unknown' }],
    ['something else', spamd('Spam: True ; 7.6 / 5.0'), { kind: 'unknown' }],
  ] as const) {
    it(`that answers ${what}`, async () => {
      const { path } = await answering(answer)
      expect(await scores('rspamd', path)).toMatchObject(expected)
    })
  }
})

describe.each([
  ['rspamd', askRspamd],
  ['spamassassin', askSpamd],
] as const)('a scorer (%s)', (kind, ask) => {
  it('that is not there gives no score', async () => {
    expect(await scores(kind, '/nowhere/scorer.sock')).toMatchObject({ kind: 'unknown' })
  })

  it('that never answers is not waited for', async () => {
    const path = await fakeScorer((socket) => socket.resume())
    const found = await scoreContentWith(kind, ask, path, 300)(message, never)
    expect(found).toEqual({ kind: 'unknown', reason: `${kind}: no answer within 300 ms` })
  })

  it('that does not even read is not waited for', async () => {
    const path = await fakeScorer((socket) => socket.pause())
    const large = receivedMessage(`From: a@b.example\n\n${'text\n'.repeat(400_000)}`)
    const found = await scoreContentWith(kind, ask, path, 300)(large, never)
    expect(found).toMatchObject({ kind: 'unknown' })
  })

  it('that talks without end is not listened to', async () => {
    const path = await fakeScorer((socket) => {
      const talk = () => {
        while (!socket.destroyed && socket.write('x'.repeat(65_536))) {}
      }
      socket.on('drain', talk).resume()
      talk()
    })
    expect(await scores(kind, path)).toMatchObject({
      kind: 'unknown',
      reason: expect.stringContaining('bytes'),
    })
  })

  it('gets the first MiB of a large message', async () => {
    const { path, requests } = await answering('')
    await scores(kind, path, receivedMessage(`From: a@b.example\n\n${'text\n'.repeat(400_000)}`))
    const [request = ''] = requests
    const body = request.slice(request.indexOf('\r\n\r\n') + 4)
    expect(body.length).toBe(1024 * 1024)
    expect(request).toMatch(/content-length: 1048576\r\n/i)
  })

  it('is given up when nobody waits for the message any more', async () => {
    const gone = new AbortController()
    const path = await fakeScorer((socket) => {
      socket.resume()
      gone.abort(new Error('gone'))
    })
    await expect(openScorer({ kind, address: path })(message, gone.signal)).rejects.toThrow('gone')
  })
})

it('no answer makes reading fail but with an error of ours', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(
        '',
        'SPAMD/1.1 0 EX_OK\r\nSpam: ',
        'HTTP/1.1 200 OK\r\n\r\n',
        'HTTP/1.1 200 OK\r\n\r\n{"score":1,',
      ),
      fc.string({ unit: 'binary' }),
      (start, rest) => {
        for (const read of [readSpamdAnswer, (text: string) => readRspamdAnswer(Buffer.from(text))]) {
          try {
            expect(typeof read(start + rest).score).toBe('number')
          } catch (error) {
            expect((error as Error).message).toMatch(/spamd|HTTP|cut off|skipped/)
          }
        }
      },
    ),
  )
})
