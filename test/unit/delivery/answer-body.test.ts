import { expect, test } from 'vitest'
import { answerBody } from '../../../src/delivery/answer-body.ts'
import { bytesInMemory, concatenated } from '../../../src/message/byte-source.ts'
import { openWorkspace } from '../../../src/storage/spool.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('a body of memory and files is answered whole, each piece of a file given back, and can be read again', async () => {
  using folder = temporaryFolder()
  await using workspace = openWorkspace(folder.path, { memoryLimit: 10, sizeLimit: 1_000_000 })
  const text = Buffer.from('Konto 4711 '.repeat(20_000))
  const writer = workspace.writer()
  writer.write(text)
  const line = Buffer.from(new Uint8Array([0x2d, 0x2d, 0x0d, 0x0a]))
  const source = concatenated([bytesInMemory(line), writer.finish(), bytesInMemory(line)])
  const wanted = Buffer.concat([line, text, line])
  for (const [start, end] of [
    [0, source.size],
    [3, 150_000],
    [7, 7],
  ] as const) {
    const copies: Uint8Array[] = []
    const pieces: Uint8Array[] = []
    for await (const piece of answerBody(source, start, end)) {
      copies.push(Uint8Array.from(piece))
      pieces.push(piece)
    }
    expect(Buffer.concat(copies).equals(wanted.subarray(start, end))).toBe(true)
    expect(pieces.filter(({ length }) => length > 1000)).toEqual([])
  }
  expect(line.toString()).toBe('--\r\n')
})
