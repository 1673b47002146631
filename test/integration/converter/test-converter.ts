import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { converterAt, converterStatus } from '../../../src/converter/client.ts'
import type { ConversionResult, Converter } from '../../../src/converter/converter.ts'
import { withDescendants } from '../../../src/converter/process-tree.ts'
import type { ConverterStatus } from '../../../src/converter/protocol.ts'
import { type RunningConverter, serveConverter } from '../../../src/converter/serve.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import type { OfficeKind } from '../../../src/message/facts.ts'

/** Programs that the tests of the converter need and that are not here. */
export const missing = [
  '/usr/lib/libreoffice/program/soffice.bin',
  '/usr/bin/bwrap',
  '/usr/bin/pdftotext',
  '/usr/bin/qpdf',
].filter((program) => !existsSync(program))
if (missing.length > 0 && process.env.CI) throw new Error(`Needed here: ${missing.join(', ')}`)
export const missingText = missing.length > 0 ? ` (missing: ${missing.join(', ')})` : ''

/** A converter of its own in this process, and the judges of what it makes. */
export interface TestConverter extends AsyncDisposable {
  readonly folder: string
  readonly running: RunningConverter
  readonly converter: Converter
  readonly convert: (
    document: Uint8Array,
    office: OfficeKind,
    signal?: AbortSignal,
    flatten?: boolean,
  ) => Promise<ConversionResult>
  readonly status: () => Promise<ConverterStatus>
  /** The text that a reader sees. */
  readonly textOf: (result: ConversionResult) => Promise<string>
  /** All objects of the PDF in the clear, bytes as Latin-1. */
  readonly objectsOf: (result: ConversionResult) => Promise<string>
  /** What a program prints about the PDF, whose path stands before `options`. */
  readonly seenBy: (result: ConversionResult, program: string, ...options: string[]) => Promise<Buffer>
}

/** Started with one worker and its spare ones, to leave the machine to others. */
export async function startTestConverter(): Promise<TestConverter> {
  const folder = await mkdtemp(join(tmpdir(), 'converter-'))
  const socket = join(folder, 'converter.sock')
  const patience = AbortSignal.timeout(900_000)
  const running = await serveConverter({ listen: socket, workers: 1, onEvent: () => {} })
  await running.confined
  const converter = converterAt(socket)
  const fileOf = async (result: ConversionResult) => {
    if (result.kind !== 'converted') throw new Error(`Not converted: ${result.reason}`)
    const file = join(folder, `${crypto.randomUUID()}.pdf`)
    await writeFile(file, result.pdf)
    return file
  }
  const seenBy = async (result: ConversionResult, program: string, ...options: string[]) =>
    execFileSync(program, [await fileOf(result), ...options], { maxBuffer: 1e9 })
  return {
    folder,
    running,
    converter,
    convert: (document, office, signal = patience, flatten = false) =>
      converter.convert(bytesInMemory(document), office, signal, flatten),
    async status() {
      const found = await converterStatus(socket, patience)
      if (!found) throw new Error('The converter does not answer')
      return found
    },
    seenBy,
    textOf: async (result) => (await seenBy(result, 'pdftotext', '-enc', 'UTF-8', '-')).toString(),
    async objectsOf(result) {
      const options = ['--qdf', '--object-streams=disable', await fileOf(result), '-']
      return execFileSync('qpdf', options, { maxBuffer: 1e9 }).toString('latin1')
    },
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The LibreOffice processes below this one. */
export async function engines(): Promise<number[]> {
  const found: number[] = []
  for (const pid of await withDescendants(process.pid)) {
    const name = await readFile(`/proc/${pid}/comm`, 'latin1').catch(() => '')
    if (name.startsWith('soffice')) found.push(pid)
  }
  return found
}

/** A listener that counts who comes, where documents may want to go. */
export async function countingListener(
  port = 0,
): Promise<AsyncDisposable & { port: number; connections: () => number }> {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    connections: () => connections,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
