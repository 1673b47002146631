import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { describe, expect, it } from 'vitest'
import { releaseNotice } from '../../../src/delivery/release-notices.ts'
import { sendNotice } from '../../../src/delivery/send-notice.ts'
import { type ByteSource, bytesInMemory } from '../../../src/message/byte-source.ts'
import { decodedBytes } from '../../../src/message/decode-body.ts'
import { firstValue } from '../../../src/message/header.ts'
import { shownFileName } from '../../../src/message/shown-file-name.ts'
import { anyHeldOriginal } from '../../support/held-original.ts'
import { receivedMessage } from '../../support/received-message.ts'

/** An SMTP server that keeps what it took whole, and refuses recipients that begin with `no`. */
async function startSink() {
  const mails: { readonly from: string; readonly to: readonly string[]; readonly bytes: Buffer }[] = []
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo: ({ address }, _session, done) =>
      done(address.startsWith('no') ? Object.assign(new Error('unknown'), { responseCode: 550 }) : null),
    onData(stream, { envelope }, done) {
      const pieces: Buffer[] = []
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
        mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), bytes: Buffer.concat(pieces) })
        done()
      })
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.server.address()
  return {
    mails,
    house: {
      listener: `inet:127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
      organization: { name: 'Kanzlei Müller', domain: 'kanzlei.example' },
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

const house = (port: number) => ({
  listener: `inet:127.0.0.1:${port}`,
  organization: { name: 'Kanzlei Müller', domain: 'kanzlei.example' },
})

describe('a notice', () => {
  for (const fileName of [
    'Übersicht "neu".docx',
    'weiter.eml',
    `${'lang '.repeat(60)}.xlsx`,
    'a\r\nBcc: x@y.example\r\n.doc',
  ]) {
    it(`brings the original as it was, named ${JSON.stringify(fileName.slice(0, 30))}`, async () => {
      await using sink = await startSink()
      const original = anyHeldOriginal({ recipients: ['ann@kanzlei.example'], fileName })
      const content = randomBytes(300_000)
      await sendNotice(releaseNotice(original, bytesInMemory(content)), sink.house)
      await sendNotice(releaseNotice(original, bytesInMemory(content)), sink.house)
      const [first, second] = sink.mails.map(({ bytes }) => receivedMessage(bytes))
      if (!first || !second) throw new Error('two mails expected')
      expect(sink.mails[0]).toMatchObject({ from: '', to: ['ann@kanzlei.example'] })
      const [text, file, ...more] = first.tree.root.children
      expect(more).toEqual([])
      expect(text?.contentType.subtype).toBe('plain')
      if (!file) throw new Error('no attachment')
      expect(Buffer.from(await decodedBytes(first.source, file, 1e6)).equals(content)).toBe(true)
      expect(file.fileName).toBe(shownFileName(fileName))
      expect(firstValue(first.fields, 'auto-submitted')).toBe('auto-generated')
      expect(firstValue(first.fields, 'bcc')).toBeUndefined()
      // Mail programs show a repetition once.
      expect(firstValue(first.fields, 'message-id')).toBe(firstValue(second.fields, 'message-id'))
    })
  }

  it('that cannot be read to its end is not sent in part', async () => {
    await using sink = await startSink()
    const broken: ByteSource = {
      ...bytesInMemory(new Uint8Array()),
      async *stream() {
        yield randomBytes(100_000)
        throw new Error('the blob was changed')
      },
    }
    const original = anyHeldOriginal({ recipients: ['ann@kanzlei.example'] })
    await expect(sendNotice(releaseNotice(original, broken), sink.house)).rejects.toThrow(
      'the blob was changed',
    )
    expect(sink.mails).toEqual([])
  })

  it('that a recipient does not get has failed', async () => {
    await using sink = await startSink()
    const notice = { to: ['no@kanzlei.example'], subject: 'x', text: 'x', messageIdLocal: 'x' }
    await expect(sendNotice(notice, sink.house)).rejects.toThrow()
    await expect(
      sendNotice({ ...notice, to: ['ann@kanzlei.example', 'no@kanzlei.example'] }, sink.house),
    ).rejects.toThrow('1 of 2')
  })

  it('fails when the server hangs up, or is not there', async () => {
    const server = createServer((socket) => socket.end('421 busy\r\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const notice = { to: ['ann@kanzlei.example'], subject: 'x', text: 'x', messageIdLocal: 'x' }
    await expect(sendNotice(notice, house(port))).rejects.toThrow()
    await new Promise((resolve) => server.close(resolve))
    await expect(sendNotice(notice, house(port))).rejects.toThrow()
  })
})
