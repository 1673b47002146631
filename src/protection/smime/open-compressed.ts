import { Readable } from 'node:stream'
import { createInflate } from 'node:zlib'
import { oidOf, readDer } from '../../keys/x509/read-der.ts'
import type { ByteSource, Workspace } from '../../message/byte-source.ts'
import { type BerOctets, BerReader } from './ber-reader.ts'
import { type ClosedEnvelope, closedBecause, EnvelopeProblem } from './closed-envelope.ts'
import { readAlgorithm } from './read-recipients.ts'

const compressedData = '1.2.840.113549.1.9.16.1.9'
const zlib = '1.2.840.113549.1.9.16.3.8'

const maxFieldBytes = 64 * 1024
/** Text shrinks to a tenth; zlib's best, a thousandth, is made of nothing but repetition. */
const maxRatio = 100
/** Below that the ratio is nobody's concern. */
const smallBytes = 1024 * 1024

/**
 * Unpacks CompressedData (RFC 3274), what some senders put around the content before they encrypt it. At most 100 times
 * its size, and what a spool of `workspace` takes.
 */
export async function openCompressed(
  cms: ByteSource,
  workspace: Workspace,
): Promise<{ readonly kind: 'opened'; readonly content: ByteSource } | ClosedEnvelope> {
  try {
    return { kind: 'opened', content: await inflated(compressedContent(cms), workspace) }
  } catch (error) {
    return closedBecause(error)
  }
}

function compressedContent(cms: ByteSource): BerOctets {
  const reader = new BerReader(cms)
  const next = () => readDer(reader.der(maxFieldBytes))
  reader.enter(0x30)
  if (oidOf(next()) !== compressedData) throw new EnvelopeProblem('unsupported', 'content is not compressed')
  reader.enter(0xa0)
  reader.enter(0x30)
  reader.skip()
  const { oid } = readAlgorithm(next())
  if (oid !== zlib) throw new EnvelopeProblem('unsupported', `compression ${oid}`)
  reader.enter(0x30)
  reader.skip()
  reader.enter(0xa0)
  const content = reader.octets(0x04)
  for (let open = 5; open > 0; open--) reader.leave()
  return content
}

async function inflated(packed: BerOctets, workspace: Workspace): Promise<ByteSource> {
  const limit = Math.max(smallBytes, packed.size * maxRatio)
  const content = workspace.writer()
  const inflate = createInflate()
  // `pipe` passes no errors on: without this one of the spool would hang here.
  const input = Readable.from(packed.stream()).on('error', (error) => inflate.destroy(error))
  let size = 0
  try {
    for await (const piece of input.pipe(inflate) as AsyncIterable<Uint8Array>) {
      size += piece.length
      if (size > limit)
        throw new EnvelopeProblem('too-large', `content above ${maxRatio} times its packed size`)
      content.write(piece)
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))
      throw new EnvelopeProblem('damaged', 'cannot be unpacked')
    throw error
  } finally {
    input.destroy()
  }
  return content.finish()
}
