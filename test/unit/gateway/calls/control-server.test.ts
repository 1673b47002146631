import { stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ControlHandlers, controlCalls } from '../../../../src/gateway/calls/control-calls.ts'
import { ControlRefusal, startControlServer } from '../../../../src/gateway/calls/control-server.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const handlers = {
  ...Object.fromEntries(Object.keys(controlCalls).map((call) => [call, async () => ({ called: call })])),
  'password-set': async () => {
    throw new ControlRefusal('The password is too easy to guess.')
  },
} as unknown as ControlHandlers

function ask(path: string, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.end(bytes))
    let answer = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

describe('the socket for administrators', () => {
  it('is for our own user only, and answers each call with one line', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'gateway.sock')
    await using _server = await startControlServer({ path, calls: controlCalls, handlers, onError: () => {} })
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await ask(path, '{"call":"status","input":{}}\n')).toBe(
      '{"ok":true,"answer":{"called":"status"}}\n',
    )
  })

  it('says what is wrong with a question, and never calls anything for it', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'gateway.sock')
    const errors: unknown[] = []
    await using _server = await startControlServer({
      path,
      calls: controlCalls,
      handlers,
      onError: (error) => errors.push(error),
    })
    for (const [question, complaint] of [
      ['{"call":"shutdown","input":{}}', /no call of this name/],
      ['{"call":"constructor","input":{}}', /no call of this name/],
      ['{"call":7,"input":{}}', /call/],
      ['{"call":"password-remove","input":{"recipient":"x"}}', /an address such as/],
      ['{"call":"hold-release","input":{"id":"../../x","reason":"because"}}', /26 characters/],
      ['{"call":"status","input":{"also":1}}', /also/],
      ['not JSON', /JSON/],
      ['{"call":"password-set","input":{"recipient":"a@b.example","password":"x"}}', /too easy to guess/],
    ] as const) {
      const answer = JSON.parse(await ask(path, `${question}\n`)) as { ok: boolean; error: string }
      expect(answer.ok).toBe(false)
      expect(answer.error).toMatch(complaint)
    }
    expect(errors).toEqual([])
  })

  it('outlives arbitrary bytes', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'gateway.sock')
    await using _server = await startControlServer({ path, calls: controlCalls, handlers, onError: () => {} })
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const answer = await ask(path, bytes)
        if (answer !== '') expect(JSON.parse(answer)).toHaveProperty('ok')
      }),
      { numRuns: 50 },
    )
    expect(await ask(path, '{"call":"reload","input":{}}\n')).toContain('"ok":true')
  })
})
