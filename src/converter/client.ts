import { connect, type Socket } from 'node:net'
import type { OfficeKind } from '../message/facts.ts'
import type { ConversionFailure, ConversionResult, Converter } from './converter.ts'
import { FrameError, FrameReader, writeFrame } from './frames.ts'
import { limits } from './limits.ts'
import { Answer, type ConverterStatus, type Request } from './protocol.ts'

/** Waiting for a place, two attempts, cleaning, and some time for the bytes. */
const longest = limits.waitTime + 2 * limits.jobTime + limits.picturingTime + 20_000

/** The converter behind a unix socket. One connection for each job; a converter that is down is `unavailable`. */
export function converterAt(socketPath: string): Converter {
  const ask = async (
    request: Request & { readonly size: number },
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<ConversionResult> => {
    if (request.size > limits.documentBytes) return failed('too-large')
    return exchange<ConversionResult>(socketPath, request, content, signal, async (answer, reader) => {
      if (answer.kind === 'failed') return failed(answer.reason)
      if (answer.kind !== 'converted') throw new FrameError('Not a conversion')
      const pdf = await reader.bytes(answer.size)
      // The converter is the zone where documents may win: it is told apart from a PDF at least by its beginning.
      if (Buffer.from(pdf.subarray(0, 5)).toString('latin1') !== '%PDF-') return failed('broken')
      return { kind: 'converted', pdf, pages: answer.pages, cut: answer.cut }
    }).catch((error: unknown) => {
      signal.throwIfAborted()
      if (error instanceof FrameError) return failed('unavailable')
      throw error
    })
  }
  return {
    convert: (document, office: OfficeKind, signal, flatten = false) =>
      ask({ kind: 'convert', office, size: document.size, flatten }, document.stream(), signal),
    render(html, signal) {
      const bytes = Buffer.from(html, 'utf8')
      return ask({ kind: 'render', size: bytes.length }, [bytes], signal)
    },
  }
}

/** The state of the converter behind the socket; undefined if it does not answer. */
export async function converterStatus(
  socketPath: string,
  signal: AbortSignal,
): Promise<ConverterStatus | undefined> {
  try {
    return await exchange(socketPath, { kind: 'status' }, [], signal, async (answer) =>
      answer.kind === 'status' ? answer : undefined,
    )
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof FrameError) return undefined
    throw error
  }
}

const failed = (reason: ConversionFailure): ConversionResult => ({ kind: 'failed', reason })

async function exchange<T>(
  socketPath: string,
  request: Request,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal: AbortSignal,
  receive: (answer: Answer, reader: FrameReader) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const patience = AbortSignal.any([signal, AbortSignal.timeout(longest)])
  const socket = connect(socketPath)
  const stop = () => socket.destroy(new FrameError('No answer in time'))
  patience.addEventListener('abort', stop, { once: true })
  let sending: Promise<void> | undefined
  try {
    await connected(socket)
    let failure: { readonly error: unknown } | undefined
    sending = writeFrame(socket, request, content).catch((error: unknown) => {
      // The converter may answer before it has read everything: then it has hung up, and its answer counts.
      if (error instanceof FrameError) return
      failure = { error }
      socket.destroy()
    })
    const reader = new FrameReader(socket)
    const line = await reader.line().catch((error: unknown) => {
      throw failure ? failure.error : error
    })
    if (failure) throw failure.error
    const answer = Answer.safeParse(line)
    if (!answer.success) throw new FrameError('Not an answer of the converter')
    return await receive(answer.data, reader)
  } finally {
    patience.removeEventListener('abort', stop)
    socket.destroy()
    await sending
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    // Stays: an error after that ends the reading and the writing, which tell it themselves.
    socket.on('error', (cause) => reject(new FrameError('Cannot connect', { cause })))
  })
}
