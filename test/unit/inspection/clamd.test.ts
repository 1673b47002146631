import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { scanWith } from '../../../src/inspection/clamd.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const never = new AbortController().signal
const version = 'ClamAV 1.4.6/27000/Sat Nov 21 08:00:00 2026'

/** A server that behaves as `onScan` says once the command INSTREAM has come; VERSION is answered. */
async function fakeClamd(onScan: (socket: Socket, received: () => Buffer) => void, answerVersion = true) {
  const folder = temporaryFolder()
  onTestFinished(() => folder[Symbol.dispose]())
  const path = join(folder.path, 'clamd.sock')
  let commands = 0
  const server = createServer((socket) => {
    let received = Buffer.alloc(0)
    let scanning = false
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      if (received.toString('latin1').startsWith('zVERSION\0')) {
        commands++
        if (answerVersion) socket.end(`${version}\0`)
      } else if (!scanning && received.toString('latin1').startsWith('zINSTREAM\0')) {
        scanning = true
        onScan(socket, () => received)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => void server.close())
  return { path, versionsAsked: () => commands }
}

async function* bytesOf(...pieces: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield typeof piece === 'string' ? Buffer.from(piece) : piece
}

/** Calls `then` when the chunk of length zero has come. */
function whenComplete(socket: Socket, received: () => Buffer, then: () => void): void {
  const check = () => {
    if (received().subarray(-4).equals(Buffer.alloc(4))) then()
  }
  socket.on('data', check)
  check()
}

describe('the virus scanner', () => {
  for (const [what, answer, expected] of [
    ['that says OK makes a message clean', 'stream: OK\0', { kind: 'clean', signatures: version }],
    [
      'that names a find makes it infected',
      'stream: Win.Test FOUND\0',
      { kind: 'infected', name: 'Win.Test' },
    ],
    [
      'that did not look at all of it leaves it unknown',
      'stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0',
      { kind: 'unknown', reason: 'virus scanner: Heuristics.Limits.Exceeded.MaxFileSize' },
    ],
    ['that reports an error leaves it unknown', 'stream: lstat() failed. ERROR\0', { kind: 'unknown' }],
    ['that says ok in other words leaves it unknown', 'stream: ok\0', { kind: 'unknown' }],
    ['that says more than OK leaves it unknown', 'stream: OK or not\0', { kind: 'unknown' }],
    ['that says OK twice leaves it unknown', 'stream: OK\0stream: OK\0', { kind: 'unknown' }],
    ['that stops in the middle of its answer leaves it unknown', 'stream: OK', { kind: 'unknown' }],
    ['that closes without a word leaves it unknown', '', { kind: 'unknown' }],
    ['that talks without end leaves it unknown', 'x'.repeat(100_000), { kind: 'unknown' }],
  ] as const) {
    it(what, async () => {
      const { path } = await fakeClamd((socket, received) =>
        whenComplete(socket, received, () => socket.end(answer)),
      )
      expect(await scanWith(path, { timeoutMs: 20_000 })(bytesOf('hello'), never)).toMatchObject(expected)
    })
  }

  it('gets each chunk behind its length, and a length of zero at the end', async () => {
    let sent = ''
    const { path } = await fakeClamd((socket, received) =>
      whenComplete(socket, received, () => {
        sent = received().toString('latin1')
        socket.end('stream: OK\0')
      }),
    )
    await scanWith(path, { timeoutMs: 20_000 })(bytesOf('ab', '', 'c'), never)
    expect(sent).toBe('zINSTREAM\0\0\0\0\x02ab\0\0\0\x01c\0\0\0\0')
  })

  it('that answers before the end is not believed, and its words are told', async () => {
    const { path } = await fakeClamd((socket) => socket.end('INSTREAM size limit exceeded. ERROR\0'))
    const scan = scanWith(path, { timeoutMs: 20_000 })
    const endless = async function* () {
      for (let piece = 0; piece < 1000; piece++) yield new Uint8Array(65_536)
    }
    expect(await scan(endless(), never)).toMatchObject({
      kind: 'unknown',
      reason: expect.stringMatching(/size limit exceeded|EPIPE|ECONNRESET/),
    })
    const early = await fakeClamd((socket) => socket.write('stream: OK\0'))
    expect((await scanWith(early.path, { timeoutMs: 20_000 })(endless(), never)).kind).toBe('unknown')
  })

  it('that is not there, or not for us, leaves it unknown', async () => {
    const folder = temporaryFolder()
    onTestFinished(() => folder[Symbol.dispose]())
    for (const nobody of [join(folder.path, 'none.sock'), folder.path, 'inet:127.0.0.1:1']) {
      expect((await scanWith(nobody, { timeoutMs: 20_000 })(bytesOf('x'), never)).kind).toBe('unknown')
    }
  })

  it('that never answers leaves it unknown after the time that was set', async () => {
    const silent = await fakeClamd(() => undefined)
    const scan = scanWith(silent.path, { timeoutMs: 200 })
    expect(await scan(bytesOf('x'), never)).toEqual({
      kind: 'unknown',
      reason: 'virus scanner: no answer within 200 ms',
    })
    const deaf = await fakeClamd(() => undefined, false)
    expect((await scanWith(deaf.path, { timeoutMs: 200 })(bytesOf('x'), never)).kind).toBe('unknown')
    // Reads nothing, so that the sender's buffers fill.
    const full = await fakeClamd((socket) => void socket.pause())
    const large = bytesOf(...Array.from({ length: 200 }, () => new Uint8Array(65_536)))
    expect((await scanWith(full.path, { timeoutMs: 200 })(large, never)).kind).toBe('unknown')
  })

  it('is left when nobody waits for the answer any more', async () => {
    const { path } = await fakeClamd(() => undefined)
    const gone = new AbortController()
    const scanned = scanWith(path, { timeoutMs: 20_000 })(bytesOf('x'), gone.signal)
    gone.abort(new Error('client went'))
    await expect(scanned).rejects.toThrow('client went')
  })

  it('does not call a message clean that could not be read', async () => {
    const { path } = await fakeClamd((socket, received) =>
      whenComplete(socket, received, () => socket.end('stream: OK\0')),
    )
    const broken = async function* () {
      yield new Uint8Array(10)
      throw new Error('disk failed')
    }
    expect(await scanWith(path, { timeoutMs: 20_000 })(broken(), never)).toEqual({
      kind: 'unknown',
      reason: 'virus scanner: disk failed',
    })
  })

  it('is asked for its version once for many messages', async () => {
    const clamd = await fakeClamd((socket, received) =>
      whenComplete(socket, received, () => socket.end('stream: OK\0')),
    )
    const scan = scanWith(clamd.path, { timeoutMs: 20_000 })
    for (let message = 0; message < 3; message++) await scan(bytesOf('x'), never)
    expect(clamd.versionsAsked()).toBe(1)
  })
})
