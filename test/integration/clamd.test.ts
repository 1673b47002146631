import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Clamd, eicar, startClamd } from '../../src/demonstration/clamd.ts'
import { scanWith } from '../../src/inspection/clamd.ts'
import { tellsLimits } from '../../src/inspection/tells-limits.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const never = new AbortController().signal
const folder = temporaryFolder()
let clamd: Clamd

beforeAll(async () => {
  clamd = await startClamd(folder.path)
})
afterAll(async () => {
  await clamd[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

async function* inPieces(content: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe('a real clamd', () => {
  const mail = (body: string) =>
    `From: a@partner.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${body}\r\n--b--\r\n`

  for (const [what, content, expected] of [
    ['finds the test file', eicar, 'infected'],
    [
      'finds it in a mail, in base64',
      mail(
        `Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(eicar).toString('base64')}`,
      ),
      'infected',
    ],
    ['calls a letter clean', mail('Content-Type: text/plain\r\n\r\nDear Bob'), 'clean'],
    ['calls nothing clean', '', 'clean'],
  ] as const) {
    it(what, async () => {
      const scan = scanWith(clamd.socket, { timeoutMs: 60_000 })
      const result = await scan(inPieces(content, 7), never)
      expect(result.kind).toBe(expected)
      if (result.kind !== 'unknown') expect(result.signatures).toMatch(/^ClamAV \d/)
      if (result.kind === 'infected') expect(result.name).toContain('EICAR')
    })
  }

  it('does not call a message clean that is longer than it reads', async () => {
    const scan = scanWith(clamd.socket, { timeoutMs: 60_000 })
    const longer = async function* () {
      const piece = new Uint8Array(1024 * 1024)
      for (let count = 0; count < 110; count++) yield piece
    }
    expect((await scan(longer(), never)).kind).toBe('unknown')
  })

  it('tells when it does not look at all of a file, as the settings of ours make it', async () => {
    expect(await tellsLimits(scanWith(clamd.socket, { timeoutMs: 60_000 }), never)).toBe(true)
    // What a clamd as Debian configures it says to anything above its limits.
    expect(await tellsLimits(async () => ({ kind: 'clean', signatures: 'ClamAV 1.4.6' }), never)).toBe(false)
  })

  it('keeps apart many messages at once', async () => {
    const scan = scanWith(clamd.socket, { timeoutMs: 60_000 })
    const contents = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? eicar : `letter ${index}`))
    const results = await Promise.all(contents.map((content) => scan(inPieces(content, 1000), never)))
    expect(results.map(({ kind }) => kind)).toEqual(
      contents.map((content) => (content === eicar ? 'infected' : 'clean')),
    )
  })
})
