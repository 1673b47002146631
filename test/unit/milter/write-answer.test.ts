import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MailFailure } from '../../../src/failure.ts'
import type { FinalAnswer } from '../../../src/milter/filter.ts'
import { PacketReader } from '../../../src/milter/read-packet.ts'
import { finalPackets, writeRefusal, writeStageAnswer } from '../../../src/milter/write-answer.ts'

const agreement = { version: 6, actions: 0x113, protocol: 0x100000 }

async function packetsOf(answer: FinalAnswer, agreed = agreement) {
  const reader = new PacketReader()
  for await (const packet of finalPackets(answer, agreed)) reader.push(packet)
  return Array.from({ length: 10_000 }, () => reader.next()).filter((packet) => packet !== undefined)
}

async function* pieces(...chunks: readonly Uint8Array[]) {
  yield* chunks
}

test('header changes come first, then the body in one run, then the end', async () => {
  const packets = await packetsOf({
    kind: 'accept',
    edits: [{ kind: 'addHeader', name: 'A', value: ' v' }],
    body: pieces(Buffer.alloc(70_000, 'x')),
  })
  expect(packets.map(({ command, data }) => [command, data.length])).toEqual([
    ['h', 5],
    ['b', 65535],
    ['b', 70_000 - 65535],
    ['a', 0],
  ])
})

test('a body keeps its bytes whatever pieces it comes in, and none is longer than Sendmail takes', async () => {
  const sizes = fc.array(fc.oneof(fc.nat(9), fc.constantFrom(65534, 65535, 65536, 131070)), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(sizes, async (lengths) => {
      const chunks = lengths.map((length, at) => Buffer.alloc(length, at + 1))
      const packets = await packetsOf({ kind: 'accept', edits: [], body: pieces(...chunks) })
      const body = packets.filter(({ command }) => command === 'b').map(({ data }) => data)
      expect(body.length).toBeGreaterThan(0)
      expect(Buffer.concat(body).equals(Buffer.concat(chunks))).toBe(true)
      for (const data of body.slice(0, -1)) expect(data.length).toBe(65535)
      expect(packets.at(-1)?.command).toBe('a')
    }),
    { numRuns: 50 },
  )
})

test('an empty new body is said, or the old one would stay', async () => {
  expect(
    (await packetsOf({ kind: 'accept', edits: [], body: pieces() })).map(({ command }) => command),
  ).toEqual(['b', 'a'])
})

test('a new body that the MTA did not offer to take defers the message', async () => {
  await expect(
    packetsOf({ kind: 'accept', edits: [], body: pieces() }, { ...agreement, actions: 0x111 }),
  ).rejects.toThrow(MailFailure)
})

test('a bad change is noticed before anything is written', async () => {
  const first = finalPackets(
    {
      kind: 'accept',
      edits: [
        { kind: 'addHeader', name: 'A', value: ' v' },
        { kind: 'addHeader', name: '', value: '' },
      ],
    },
    agreement,
  ).next()
  await expect(first).rejects.toThrow(RangeError)
})

test('a refusal at CONNECT has no text of ours, which Sendmail would not take', () => {
  const refuse = (code: number) =>
    ({ kind: 'refuse', reply: { code, enhancedStatus: '5.7.1', lines: [] } }) as const
  expect(writeStageAnswer(refuse(550), true).toString('latin1', 4)).toBe('r')
  expect(writeStageAnswer(refuse(451), true).toString('latin1', 4)).toBe('t')
})

test('a reply that would switch the filter off becomes a plain "later"', () => {
  expect(writeRefusal({ code: 250, enhancedStatus: '2.0.0', lines: [] }).toString('latin1', 4)).toBe('t')
})
