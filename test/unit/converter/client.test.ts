import { rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, test } from 'vitest'
import { converterAt, converterStatus } from '../../../src/converter/client.ts'
import { type ByteSource, bytesInMemory } from '../../../src/message/byte-source.ts'

const never = new AbortController().signal
const document = bytesInMemory(Buffer.alloc(100_000, 'document'))
let path: string
let server: Server | undefined

beforeEach(() => {
  path = join(tmpdir(), `converter-client-${crypto.randomUUID()}.sock`)
})
afterEach(async () => {
  await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()))
  server = undefined
  await rm(path, { force: true })
})

/** A converter that does with each connection as told. */
async function answering(answer: (socket: Socket) => void): Promise<void> {
  server = createServer((socket) => {
    socket.on('error', () => {})
    answer(socket)
  })
  await new Promise<void>((resolve) => server?.listen(path, resolve))
}

const unavailable = { kind: 'failed', reason: 'unavailable' }
const pdf = '%PDF-1.7 and so on'

for (const [flatten, asked] of [
  [undefined, false],
  [false, false],
  [true, true],
] as const) {
  it(`asks for ${asked ? 'pictures of the pages' : 'a PDF with text'} when flatten is ${flatten}`, async () => {
    let request = ''
    await answering((socket) => {
      socket.once('data', (piece: Buffer) => {
        request = piece.toString('latin1').split('\n')[0] ?? ''
        socket.resume()
        socket.end('{"kind":"failed","reason":"busy"}\n')
      })
    })
    await converterAt(path).convert(document, 'docx', never, flatten)
    expect(JSON.parse(request)).toEqual({ kind: 'convert', office: 'docx', size: 100_000, flatten: asked })
  })
}

for (const [what, said, expected] of [
  [
    'a PDF',
    `{"kind":"converted","size":${pdf.length},"pages":3,"cut":true}\n${pdf}`,
    { pages: 3, cut: true },
  ],
  ['a reason', '{"kind":"failed","reason":"password"}\n', { kind: 'failed', reason: 'password' }],
  [
    'what is no PDF',
    '{"kind":"converted","size":5,"pages":1,"cut":false}\nMZ...',
    { kind: 'failed', reason: 'broken' },
  ],
  ['a PDF above the limit', '{"kind":"converted","size":99999999,"pages":1,"cut":false}\n', unavailable],
  ['half a PDF', '{"kind":"converted","size":99,"pages":1,"cut":false}\n%PDF-', unavailable],
  ['a reason that nobody knows', '{"kind":"failed","reason":"tired"}\n', unavailable],
  ['something else', 'HTTP/1.1 400 Bad Request\r\n\r\n', unavailable],
  ['nothing', '', unavailable],
] as const) {
  it(`understands a converter that answers with ${what}`, async () => {
    await answering((socket) => {
      socket.resume()
      socket.end(said)
    })
    expect(await converterAt(path).convert(document, 'docx', never)).toMatchObject(expected)
  })
}

test('a converter that is not there is unavailable, and has no status', async () => {
  expect(await converterAt(path).render('<p>hello', never)).toEqual(unavailable)
  expect(await converterStatus(path, never)).toBeUndefined()
})

test('a converter that hangs up at once is unavailable', async () => {
  await answering((socket) => socket.destroy())
  expect(await converterAt(path).convert(document, 'docx', never)).toEqual(unavailable)
})

test('whoever gives up hears the reason of it', async () => {
  await answering((socket) => socket.resume())
  const giveUp = new AbortController()
  const job = converterAt(path).convert(document, 'docx', giveUp.signal)
  giveUp.abort(new Error('given up'))
  await expect(job).rejects.toThrow('given up')
  await expect(converterAt(path).render('', AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
})

test('a document above the limit is not even sent', async () => {
  const huge: ByteSource = { ...document, size: 60e6 }
  expect(await converterAt(path).convert(huge, 'docx', never)).toEqual({
    kind: 'failed',
    reason: 'too-large',
  })
})

test('an error of our own disk is told as such, not as the converter’s', async () => {
  await answering((socket) => socket.resume())
  const broken: ByteSource = {
    ...document,
    stream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('disk')) }) }),
  }
  await expect(converterAt(path).convert(broken, 'docx', never)).rejects.toThrow('disk')
})
