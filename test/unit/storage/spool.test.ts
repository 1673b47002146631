import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it, test } from 'vitest'
import { PermanentFailure, TemporaryFailure } from '../../../src/failure.ts'
import { type ByteSource, bytesInMemory, concatenated } from '../../../src/message/byte-source.ts'
import { openWorkspace } from '../../../src/storage/spool.ts'

const folder = mkdtempSync(join(tmpdir(), 'spool-'))

const sizeLimit = 1_000_000

/** Descriptors of this process on files that were in `folder`. */
function openFiles(): number {
  const targets = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(join('/proc/self/fd', descriptor))
    } catch {
      return ''
    }
  })
  return targets.filter((target) => target.startsWith(folder)).length
}

async function streamed(source: ByteSource, start?: number, end?: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of source.stream(start, end)) pieces.push(piece)
  return Buffer.concat(pieces)
}

describe.each([
  ['memory', 1_000_000],
  ['a file', 100],
])('a message in %s', (place, memoryLimit) => {
  it('is read back in any range, and again through windows', async () => {
    await using workspace = openWorkspace(folder, { memoryLimit, sizeLimit })
    const bytes = Buffer.from(Array.from({ length: 150_000 }, (_, index) => index % 251))
    const writer = workspace.writer()
    for (let at = 0; at < bytes.length; at += 7777) writer.write(bytes.subarray(at, at + 7777))
    const source = writer.finish()
    expect(source.size).toBe(bytes.length)
    expect(openFiles()).toBe(place === 'memory' ? 0 : 1)
    // Nothing of a message can be found by its name.
    expect(readdirSync(folder)).toEqual(['full'])
    expect(Buffer.compare(await streamed(source), bytes)).toBe(0)
    const offset = fc.integer({ min: -5, max: bytes.length + 5 })
    await fc.assert(
      fc.asyncProperty(offset, offset, offset, offset, async (a, b, c, d) => {
        const clipped = (from: Uint8Array, start: number, end: number) =>
          from.subarray(Math.max(0, start), Math.max(0, end))
        const outer = clipped(bytes, a, b)
        const window = source.window(a, b)
        expect(window.size).toBe(outer.length)
        expect(Buffer.compare(source.read(a, b), outer)).toBe(0)
        expect(Buffer.compare(window.read(c, d), clipped(outer, c, d))).toBe(0)
        expect(Buffer.compare(await streamed(window, c, d), clipped(outer, c, d))).toBe(0)
      }),
      { numRuns: 50 },
    )
    for await (const piece of source.stream()) expect(piece.length).toBeLessThanOrEqual(65_536)
  })

  it('is gone when the message is over, also in the middle of a stream', async () => {
    const workspace = openWorkspace(folder, { memoryLimit, sizeLimit })
    const writer = workspace.writer()
    writer.write(Buffer.alloc(200_000))
    const source = writer.finish()
    const stream = source.stream()[Symbol.asyncIterator]()
    await stream.next()
    const waiting = stream.next()
    const [read] = await Promise.allSettled([waiting, workspace[Symbol.asyncDispose]()])
    // What had been read comes still; nothing is read any more.
    if (read.status === 'rejected') expect(read.reason).toBeInstanceOf(TemporaryFailure)
    else await expect(stream.next()).rejects.toThrow(TemporaryFailure)
    expect(() => source.read(0, 1)).toThrow(TemporaryFailure)
    await expect(streamed(source)).rejects.toThrow(TemporaryFailure)
    expect(() => workspace.writer()).toThrow(TemporaryFailure)
    expect(openFiles()).toBe(0)
  })

  it('keeps what was written, even if the caller uses his buffer again', async () => {
    await using workspace = openWorkspace(folder, { memoryLimit, sizeLimit })
    const writer = workspace.writer()
    const buffer = Buffer.alloc(90, 'a')
    writer.write(buffer)
    buffer.fill('b')
    writer.write(buffer)
    expect(Buffer.from(writer.finish().read(89, 91)).toString()).toBe('ab')
  })
})

test('a file that another thread works on stays open until it is done, even if the message is over', async () => {
  const workspace = openWorkspace(folder, { memoryLimit: 10, sizeLimit })
  const writer = workspace.writer()
  writer.write(Buffer.alloc(1000, 'a'))
  const source = concatenated([bytesInMemory(Buffer.from('front')), writer.finish().window(10, 20)])
  const [front, stretch] = source.stretches?.() ?? []
  expect(front).toEqual({ kind: 'memory', bytes: Buffer.from('front') })
  if (stretch?.kind !== 'file') throw new Error('not in a file')
  expect(stretch).toMatchObject({ start: 10, end: 20 })
  const held = stretch.file.hold()
  expect(readSync(stretch.file.descriptor, Buffer.alloc(10), 0, 10, 10)).toBe(10)
  await workspace[Symbol.asyncDispose]()
  expect(openFiles()).toBe(1)
  expect(() => stretch.file.descriptor).toThrow(TemporaryFailure)
  held[Symbol.dispose]()
  held[Symbol.dispose]()
  expect(openFiles()).toBe(0)
})

test('what another thread wrote is read from the shared file, and gone with the message', async () => {
  const workspace = openWorkspace(folder, { sizeLimit })
  const { file, limits } = workspace.shareFile()
  expect(limits.sizeLimit).toBe(sizeLimit)
  writeSync(file.descriptor, 'made elsewhere')
  const source = file.source(5, 14)
  expect(Buffer.from(source.read(0, 9)).toString()).toBe('elsewhere')
  await workspace[Symbol.asyncDispose]()
  expect(() => source.read(0, 9)).toThrow(TemporaryFailure)
  expect(() => workspace.shareFile()).toThrow(TemporaryFailure)
  expect(openFiles()).toBe(0)
})

test('a message that is too large is refused for good', async () => {
  await using workspace = openWorkspace(folder, { sizeLimit: 10 })
  const writer = workspace.writer()
  writer.write(Buffer.alloc(10))
  expect(() => writer.write(Buffer.alloc(1))).toThrow(PermanentFailure)
})

test('a folder that is not there defers the message', async () => {
  await using workspace = openWorkspace(join(folder, 'missing'), { memoryLimit: 1, sizeLimit })
  expect(() => workspace.writer().write(Buffer.alloc(2))).toThrow(
    expect.objectContaining({ replyClass: 4, status: '3.1' }),
  )
})

const full = join(folder, 'full')
mkdirSync(full)
const isSmall = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', full]).status === 0
afterAll(() => {
  if (isSmall) spawnSync('umount', [full])
  rmSync(folder, { recursive: true })
})

test.skipIf(!isSmall)('a full disk defers the message (needs the right to mount a small one)', async () => {
  await using workspace = openWorkspace(full, { memoryLimit: 1, sizeLimit: 10_000_000 })
  const writer = workspace.writer()
  const fill = () => {
    for (let count = 0; count < 100; count += 1) writer.write(Buffer.alloc(10_000))
  }
  expect(fill).toThrow(expect.objectContaining({ replyClass: 4, status: '3.1' }))
})

test('what a program makes of a message is collected', async () => {
  await using workspace = openWorkspace(folder, { memoryLimit: 5, sizeLimit })
  const pieces = async function* () {
    yield Buffer.from('one ')
    yield Buffer.from('two')
  }
  const source = await workspace.collect(pieces())
  expect((await streamed(source)).toString()).toBe('one two')
})

test('a finished or closed spool takes no more', async () => {
  await using workspace = openWorkspace(folder, { sizeLimit })
  const writer = workspace.writer()
  writer.finish()
  expect(() => writer.write(Buffer.alloc(1))).toThrow(TemporaryFailure)
  expect(() => writer.finish()).toThrow(TemporaryFailure)
})
