import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, test } from 'vitest'
import { parseListenAddress, removeStaleSocket } from '../../src/listen-address.ts'

for (const [text, expected] of [
  ['/run/x/inbound.sock', { kind: 'unix', path: '/run/x/inbound.sock' }],
  ['inet:127.0.0.1:8891', { kind: 'tcp', host: '127.0.0.1', port: 8891 }],
  ['inet:[::1]:0', { kind: 'tcp', host: '::1', port: 0 }],
  ['inet:localhost:25', { kind: 'tcp', host: 'localhost', port: 25 }],
] as const) {
  it(`reads ${text}`, () => expect(parseListenAddress(text)).toEqual(expected))
}

for (const text of [
  '',
  'x.sock',
  'inet:127.0.0.1',
  'inet::25',
  'inet:127.0.0.1:65536',
  'inet:::1:25',
  'unix:/x',
]) {
  it(`refuses "${text}"`, () => expect(() => parseListenAddress(text)).toThrow(RangeError))
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'listen-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('a file that is no socket is never removed', async () => {
  const path = join(folder, 'precious')
  await writeFile(path, 'x')
  await expect(removeStaleSocket(path)).rejects.toThrow('not a socket')
})

test('a socket where somebody listens is never removed', async () => {
  const path = join(folder, 'live.sock')
  const server = createServer((socket) => socket.end())
  await new Promise<void>((resolve) => server.listen(path, resolve))
  await expect(removeStaleSocket(path)).rejects.toThrow('Another process')
  await new Promise((resolve) => server.close(resolve))
  await removeStaleSocket(path)
})
