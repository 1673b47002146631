import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { askOver } from '../../../../src/gateway/calls/gateway-client.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

/** What asking gives when a gateway behaves like this. */
async function askingOne(behave: (socket: Socket) => void, patienceMs = 30_000): Promise<unknown> {
  using folder = temporaryFolder()
  const path = join(folder.path, 'gateway.sock')
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    behave(socket)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  try {
    return await askOver(path, 'status', {}, patienceMs)
  } finally {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

describe('asking a gateway', () => {
  it('gives its answer, in however many pieces that comes', async () => {
    const text = '{"ok":true,"answer":{"name":"Größe"}}\n'
    const answer = await askingOne((socket) => {
      socket.once('data', async () => {
        for (const byte of Buffer.from(text)) {
          socket.write(Buffer.of(byte))
          await new Promise((resolve) => setImmediate(resolve))
        }
      })
    })
    expect(answer).toEqual({ name: 'Größe' })
  })

  for (const [what, behave, complaint] of [
    ['refuses', (socket: Socket) => socket.end('{"ok":false,"error":"not held"}\n'), /^not held$/],
    ['hangs up', (socket: Socket) => socket.end(), /without an answer/],
    ['stops half-way', (socket: Socket) => socket.end('{"ok":true,'), /without an answer/],
    ['babbles', (socket: Socket) => socket.end('hello\n'), /JSON/],
    ['answers in another shape', (socket: Socket) => socket.end('{"ok":1}\n'), /ok/],
    ['talks without end', flood, /too long/],
  ] as const) {
    it(`fails when it ${what}`, async () => {
      await expect(askingOne(behave)).rejects.toThrow(complaint)
    })
  }

  it('ends when it says nothing, or a little now and then', async () => {
    await expect(askingOne(() => {}, 50)).rejects.toThrow(/does not answer/)
    let drip: NodeJS.Timeout | undefined
    const dripping = askingOne((socket) => {
      drip = setInterval(() => socket.write(' '), 5)
    }, 100)
    await expect(dripping).rejects.toThrow(/does not answer/)
    clearInterval(drip)
  })

  it('tells that nobody is there by the code of the system', async () => {
    await expect(askOver('/nonexistent/gateway.sock', 'status', {}, 1000)).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })
})

function flood(socket: Socket): void {
  const chunk = Buffer.alloc(1024 * 1024, 0x20)
  const write = () => {
    while (!socket.destroyed && socket.write(chunk)) {}
  }
  socket.on('drain', write)
  write()
}
