import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { netstring } from '../../../src/partners/netstring.ts'
import { type SocketmapOptions, startSocketmapServer } from '../../../src/partners/socketmap-server.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

async function startMap(options: Partial<SocketmapOptions> = {}) {
  const errors: unknown[] = []
  const server = await startSocketmapServer({
    listen: 'inet:127.0.0.1:0',
    mapName: 'tls',
    maxConnections: 200,
    onError: (error) => errors.push(error),
    lookup: (key) => {
      if (key === 'down.example') throw new Error('the store is down')
      return key.startsWith('partner') ? `secure for ${key}` : undefined
    },
    ...options,
  })
  return { ...server, errors, port: Number(server.address.split(':').at(-1)) }
}

async function call(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  return socket
}

/** Everything that the server says to these bytes, until it ends the connection. */
async function ask(port: number, bytes: Uint8Array | string): Promise<string> {
  const socket = await call(port)
  socket.on('error', () => undefined)
  socket.end(bytes)
  return await text(socket)
}

test('Postfix hears OK, NOTFOUND, TEMP or PERM, in the order of its questions', async () => {
  await using map = await startMap()
  const questions = [
    'tls partner.example',
    'tls other.example',
    'tls down.example',
    'mx partner.example',
    'tls',
    'tls ',
  ]
  const answers = [
    'OK secure for partner.example',
    'NOTFOUND ',
    'TEMP the policy cannot be told at the moment',
    'PERM no such map',
    'PERM a map name and a key are wanted',
    'NOTFOUND ',
  ]
  const bytes = Buffer.concat(questions.map(netstring))
  expect(await ask(map.port, bytes)).toBe(answers.map((answer) => netstring(answer).toString()).join(''))
  expect(map.errors.map(String)).toEqual(['Error: the store is down'])
})

test('A question that comes byte by byte is answered the same', async () => {
  await using map = await startMap()
  const socket = await call(map.port)
  socket.setNoDelay()
  for (const byte of netstring('tls partner.example')) {
    socket.write(Uint8Array.of(byte))
    await new Promise(setImmediate)
  }
  socket.end()
  expect(await text(socket)).toBe(netstring('OK secure for partner.example').toString())
})

test('A key of 10,000 bytes is looked up, a longer one is refused', async () => {
  await using map = await startMap()
  expect(await ask(map.port, netstring(`tls partner${'x'.repeat(9993)}`))).toMatch(/^\d+:OK /)
  expect(await ask(map.port, netstring(`tls partner${'x'.repeat(9994)}`))).toMatch(/^\d+:PERM /)
})

test('What is no netstring ends the connection with PERM, and only that one', async () => {
  await using map = await startMap()
  const neighbour = await call(map.port)
  for (const bytes of [
    'GET / HTTP/1.1\r\n\r\n',
    '99999999999999:',
    '4:tls a',
    '\0\0\0\0\0\0\0',
    `${'1'.repeat(100_000)}`,
  ]) {
    expect(await ask(map.port, bytes), bytes.slice(0, 20)).toMatch(/^\d+:PERM /)
  }
  neighbour.end(netstring('tls partner.example'))
  expect(await text(neighbour)).toMatch(/^\d+:OK /)
})

test('Arbitrary bytes in arbitrary pieces never harm the server', async () => {
  await using map = await startMap()
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom('tls partner.example', 'tls x', 'x y', '').map(netstring),
    fc.stringMatching(/^[0-9:,]{0,8}$/).map(Buffer.from),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 8 }), async (pieces) => {
      const socket = await call(map.port)
      socket.on('error', () => undefined)
      const heard = text(socket).catch(() => '')
      for (const bytes of pieces) {
        socket.write(bytes)
        await new Promise(setImmediate)
      }
      socket.end()
      expect(await heard).toMatch(/^(\d+:(OK|NOTFOUND|PERM)[^,]*,)*$/)
    }),
    { numRuns: 100 },
  )
  expect(await ask(map.port, netstring('tls partner.example'))).toMatch(/^\d+:OK /)
})

test('Whoever asks without reading is not read from any more', async () => {
  let asked = 0
  await using map = await startMap({
    lookup: () => {
      asked += 1
      return 'x'.repeat(50_000)
    },
  })
  const socket = await call(map.port)
  socket.pause()
  socket.on('error', () => undefined)
  const question = netstring('tls partner.example')
  socket.write(Buffer.concat(Array.from({ length: 20_000 }, () => question)))
  // All answers would be 1 GB; what the kernel takes is a few megabytes, and then the questions stop.
  let before = -1
  while (asked !== before || asked === 0) {
    before = asked
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  expect(asked).toBeLessThan(2000)
  socket.destroy()
  expect(await ask(map.port, question)).toMatch(/^\d+:OK /)
})

test('A hundred connections at once are served, and one above the limit is closed', async () => {
  await using map = await startMap({ maxConnections: 100 })
  const sockets = await Promise.all(Array.from({ length: 100 }, () => call(map.port)))
  const extra = await call(map.port)
  extra.on('error', () => undefined)
  extra.resume()
  await once(extra, 'end')
  extra.destroy()
  for (const socket of sockets) socket.end(netstring('tls partner.example'))
  const answers = await Promise.all(sockets.map((socket) => text(socket)))
  expect(answers.every((answer) => answer.includes('OK'))).toBe(true)
  expect(map.errors.map(String)).toEqual(['Error: More than 100 socketmap connections'])
})

test('A unix socket has the mode that was asked for, replaces a dead one, and spares what is alive or no socket', async () => {
  using folder = temporaryFolder()
  const listen = join(folder.path, 'tls-policy.sock')
  {
    await using map = await startMap({ listen, socketMode: 0o600 })
    expect(statSync(listen).mode & 0o777).toBe(0o600)
    expect(map.address).toBe(listen)
    await expect(startMap({ listen })).rejects.toThrow('Another process listens')
  }
  writeFileSync(listen, 'precious')
  await expect(startMap({ listen })).rejects.toThrow('is not a socket')
})
