import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { MailFailure, PermanentFailure, TemporaryFailure } from '../../../src/failure.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import type { Blobs } from '../../../src/storage/blobs.ts'
import { openBlobsInFolder } from '../../../src/storage/blobs-in-folder.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const key = new Uint8Array(32).fill(9)
const header = 33
const chunk = 65_536
const sealedChunk = chunk + 16

const put = (blobs: Blobs, bytes: Uint8Array) => blobs.put(bytesInMemory(bytes).stream())
const pathIn = (folder: string, id: string) => join(folder, id.slice(0, 2), id.slice(2, 4), id)
const contentOf = async (blobs: Blobs, id: string) => {
  await using blob = await blobs.open(id)
  return Buffer.concat(await collect(blob.stream()))
}
async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('a blob', () => {
  for (const size of [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 17]) {
    it(`of ${size} bytes comes back as it went, and is sealed on the disk`, async () => {
      using folder = temporaryFolder()
      const blobs = await openBlobsInFolder(folder.path, key)
      const content = randomBytes(size)
      const id = await put(blobs, content)
      expect((await contentOf(blobs, id)).equals(content)).toBe(true)
      const chunks = Math.max(1, Math.ceil(size / chunk))
      const { size: sealedSize, mode } = await stat(pathIn(folder.path, id))
      expect(sealedSize).toBe(header + size + 16 * chunks)
      expect(mode & 0o777).toBe(0o600)
    })
  }

  it('comes back whatever the pieces were in which it came', async () => {
    using folder = temporaryFolder()
    const blobs = await openBlobsInFolder(folder.path, key)
    const pieces = fc.array(fc.uint8Array({ maxLength: 70_000, size: 'max' }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(pieces, async (all) => {
        const id = await blobs.put(
          (async function* () {
            yield* all
          })(),
        )
        expect((await contentOf(blobs, id)).equals(Buffer.concat(all))).toBe(true)
      }),
      { numRuns: 20 },
    )
  })

  it('gives any range of itself, and of a window on itself', async () => {
    using folder = temporaryFolder()
    const blobs = await openBlobsInFolder(folder.path, key)
    const content = randomBytes(2 * chunk + 500)
    const expected = bytesInMemory(content)
    await using blob = await blobs.open(await put(blobs, content))
    const at = fc.integer({ min: 0, max: content.length + 10 })
    await fc.assert(
      fc.asyncProperty(at, at, at, at, async (a, b, c, d) => {
        const [from, to] = a < b ? [a, b] : [b, a]
        expect(Buffer.compare(blob.read(from, to), expected.read(from, to))).toBe(0)
        const [window, same] = [blob.window(from, to), expected.window(from, to)]
        expect(window.size).toBe(same.size)
        const [start, end] = c < d ? [c, d] : [d, c]
        expect(Buffer.compare(window.read(start, end), same.read(start, end))).toBe(0)
        const pieces = await collect(window.stream(start, end))
        expect(Buffer.compare(Buffer.concat(pieces), same.read(start, end))).toBe(0)
        expect(pieces.every((piece) => piece.length > 0 && piece.length <= chunk)).toBe(true)
      }),
    )
  })

  it('is not found any more once it was removed, which may be asked for twice', async () => {
    using folder = temporaryFolder()
    const blobs = await openBlobsInFolder(folder.path, key)
    const [one, other] = [await put(blobs, randomBytes(10)), await put(blobs, randomBytes(10))]
    expect((await collect(blobs.ids())).sort()).toEqual([one, other].sort())
    await blobs.remove(one)
    await blobs.remove(one)
    expect(await collect(blobs.ids())).toEqual([other])
    await expect(blobs.open(one)).rejects.toBeInstanceOf(TemporaryFailure)
  })

  for (const id of ['../../etc/passwd', '', 'incoming', 'AB'.repeat(16), `${'0'.repeat(31)}/`]) {
    it(`is never looked for under the name ${JSON.stringify(id)}`, async () => {
      using folder = temporaryFolder()
      const blobs = await openBlobsInFolder(folder.path, key)
      await expect(blobs.open(id)).rejects.toBeInstanceOf(TemporaryFailure)
      await expect(blobs.remove(id)).rejects.toBeInstanceOf(TemporaryFailure)
    })
  }
})

describe('a blob that was tampered with is refused before a byte is given out:', () => {
  const tampered = async (size: number, change: (sealed: Buffer) => Uint8Array) => {
    using folder = temporaryFolder()
    const blobs = await openBlobsInFolder(folder.path, key)
    const id = await put(blobs, randomBytes(size))
    const path = pathIn(folder.path, id)
    await writeFile(path, change(await readFile(path)))
    const failure = await blobs.open(id).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(TemporaryFailure)
  }
  const chunkAt = (sealed: Buffer, number: number) =>
    sealed.subarray(header + number * sealedChunk, header + (number + 1) * sealedChunk)

  it('any byte changed', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), (at, mask) =>
        tampered(chunk + 100, (sealed) => {
          sealed.writeUInt8(sealed.readUInt8(at % sealed.length) ^ mask, at % sealed.length)
          return sealed
        }),
      ),
      { numRuns: 40 },
    ))

  it('cut off anywhere', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(), (at) =>
        tampered(chunk + 100, (sealed) => sealed.subarray(0, at % sealed.length)),
      ),
      { numRuns: 40 },
    ))

  for (const [what, change] of [
    ['the last chunk gone', (sealed) => sealed.subarray(0, header + 2 * sealedChunk)],
    [
      'two chunks swapped',
      (sealed) => [sealed.subarray(0, header), chunkAt(sealed, 1), chunkAt(sealed, 0), chunkAt(sealed, 2)],
    ],
    [
      'a chunk twice',
      (sealed) => [sealed.subarray(0, header), chunkAt(sealed, 0), chunkAt(sealed, 0), chunkAt(sealed, 2)],
    ],
    ['a chunk left out', (sealed) => [sealed.subarray(0, header), chunkAt(sealed, 1), chunkAt(sealed, 2)]],
    ['the last chunk appended again', (sealed) => [sealed, chunkAt(sealed, 2)]],
    ['one byte appended', (sealed) => [sealed, Uint8Array.of(0)]],
    ['everything twice', (sealed) => [sealed, sealed]],
    ['nothing left', () => new Uint8Array()],
    ['another version', (sealed) => [Uint8Array.of(2), sealed.subarray(1)]],
  ] as const satisfies [string, (sealed: Buffer) => Uint8Array | Uint8Array[]][]) {
    it(what, () =>
      tampered(3 * chunk, (sealed) => {
        const changed = change(sealed)
        return Buffer.concat(Array.isArray(changed) ? changed : [changed])
      }),
    )
  }

  it('another blob under its name', async () => {
    using folder = temporaryFolder()
    const blobs = await openBlobsInFolder(folder.path, key)
    const [one, other] = [await put(blobs, randomBytes(10)), await put(blobs, randomBytes(10))]
    await rename(pathIn(folder.path, one), pathIn(folder.path, other))
    await expect(blobs.open(other)).rejects.toBeInstanceOf(TemporaryFailure)
  })

  it('sealed with another key', async () => {
    using folder = temporaryFolder()
    const id = await put(await openBlobsInFolder(folder.path, new Uint8Array(32)), randomBytes(10))
    await expect((await openBlobsInFolder(folder.path, key)).open(id)).rejects.toBeInstanceOf(
      TemporaryFailure,
    )
  })

  it('changed after it was opened', async () => {
    using folder = temporaryFolder()
    const blobs = await openBlobsInFolder(folder.path, key)
    const id = await put(blobs, randomBytes(100))
    await using blob = await blobs.open(id)
    await writeFile(pathIn(folder.path, id), randomBytes(header + 116), { flag: 'r+' })
    expect(() => blob.read(0, 10)).toThrow(TemporaryFailure)
  })
})

describe('a blob that could not be written', () => {
  it('leaves nothing, and tells what its source told', async () => {
    using folder = temporaryFolder()
    const blobs = await openBlobsInFolder(folder.path, key)
    async function* broken(error: Error) {
      yield randomBytes(100_000)
      throw error
    }
    const tooLarge = new PermanentFailure('3.4', 'Too large')
    await expect(blobs.put(broken(tooLarge))).rejects.toBe(tooLarge)
    await expect(blobs.put(broken(new Error('gone')))).rejects.toBeInstanceOf(MailFailure)
    expect(await collect(blobs.ids())).toEqual([])
    expect(await readdir(join(folder.path, 'incoming'))).toEqual([])
  })

  it('because its folder is gone defers the mail, until the folder is back', async () => {
    using folder = temporaryFolder()
    const blobs = await openBlobsInFolder(join(folder.path, 'blobs'), key)
    await rm(join(folder.path, 'blobs'), { recursive: true })
    await expect(put(blobs, randomBytes(10))).rejects.toBeInstanceOf(TemporaryFailure)
    await mkdir(join(folder.path, 'blobs', 'incoming'), { recursive: true })
    expect(await contentOf(blobs, await put(blobs, Buffer.from('again')))).toEqual(Buffer.from('again'))
  })

  it('because of a crash is swept at a later start, not while it may still be written', async () => {
    using folder = temporaryFolder()
    const incoming = join(folder.path, 'incoming')
    await mkdir(incoming)
    for (const name of ['old', 'young']) await writeFile(join(incoming, name), 'half')
    const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000)
    await utimes(join(incoming, 'old'), yesterday, yesterday)
    const blobs = await openBlobsInFolder(folder.path, key)
    expect(await readdir(incoming)).toEqual(['young'])
    expect(await collect(blobs.ids())).toEqual([])
  })
})

test('a folder that cannot be made defers mail at start', async () => {
  using folder = temporaryFolder()
  await writeFile(join(folder.path, 'file'), '')
  await expect(openBlobsInFolder(join(folder.path, 'file', 'blobs'), key)).rejects.toBeInstanceOf(
    TemporaryFailure,
  )
})

test('twenty blobs written at once all come back', async () => {
  using folder = temporaryFolder()
  const blobs = await openBlobsInFolder(folder.path, key)
  const contents = Array.from({ length: 20 }, (_, n) => randomBytes(n * 10_000))
  const ids = await Promise.all(contents.map((content) => put(blobs, content)))
  expect(new Set(ids).size).toBe(20)
  for (const [n, id] of ids.entries())
    expect((await contentOf(blobs, id)).equals(contents[n] ?? Buffer.of())).toBe(true)
})
