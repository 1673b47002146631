import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { TemporaryFailure } from '../../../src/failure.ts'
import type { ListSubjects } from '../../../src/inspection/dns-lists.ts'
import { type FactSources, gatherInboundFacts } from '../../../src/inspection/gather-facts.ts'
import { type AuthenticationFacts, noProtection, unaskedFacts } from '../../../src/message/facts.ts'
import type { ReceivedMessage } from '../../../src/message/received-message.ts'
import { openWorkspace } from '../../../src/storage/spool.ts'
import { shippedWeights } from '../../../src/trust/weights.ts'
import { nothingRecalled } from '../../support/recall.ts'
import { receivedMessage } from '../../support/received-message.ts'

const never = new AbortController().signal
const authentication: AuthenticationFacts = {
  author: { address: 'ann@partner.example', domain: 'partner.example' },
  spf: { result: 'none', domain: undefined, aligned: false },
  dkim: [],
  dmarc: { result: 'none', policy: undefined },
  arc: 'none',
}
const unknown = { pair: 0, address: 0, domain: 0, firstAt: undefined, lastAt: undefined }

function sources(change: Partial<FactSources> = {}): FactSources {
  return {
    authenticate: async () => authentication,
    open: async (message) => ({ message, protection: noProtection, brought: [] }),
    scan: async (bytes) => {
      let size = 0
      for await (const piece of bytes) size += piece.length
      return { kind: 'clean', signatures: `${size} bytes` }
    },
    scoreContent: async () => ({ kind: 'none' }),
    findDeception: async () => ({ findings: [] }),
    memory: {
      recall: async ({ author, recipients }) => ({
        ...nothingRecalled(0),
        relations: recipients.map((to) => ({ ...unknown, pair: `${author?.address} ${to}`.length })),
      }),
    },
    weights: () => shippedWeights,
    now: () => new Date(0),
    askLists: async () => ({ hits: [], failed: [] }),
    ownDomains: ['kanzlei.example', 'Müller.example'],
    ...change,
  }
}
const gather = async (received: ReceivedMessage, from: FactSources) => {
  await using workspace = openWorkspace(tmpdir(), { sizeLimit: 1e6 })
  return gatherInboundFacts(received, from, workspace, never)
}
const message = receivedMessage('From: ann@partner.example\nContent-Type: application/rtf\n\n{\\rtf1 x}\n', {
  recipients: ['bob@kanzlei.example', 'barbara@kanzlei.example'],
})

it('the whole message is scanned, its Office files found, the author known to each recipient', async () => {
  const { facts } = await gather(message, sources())
  expect(facts).toMatchObject({
    authentication,
    scan: { kind: 'clean', signatures: `${message.source.size} bytes` },
    office: [
      {
        path: [],
        fileName: 'document.rtf',
        office: 'rtf',
        macros: false,
        encrypted: false,
        externalLinks: false,
        bytes: 11,
      },
    ],
    relations: [
      { ...unknown, pair: 'ann@partner.example bob@kanzlei.example'.length },
      { ...unknown, pair: 'ann@partner.example barbara@kanzlei.example'.length },
    ],
    ...unaskedFacts,
    client: { reverse: 'verified', looksDialUp: false, heloIsName: true },
    ownDomain: false,
    ambiguities: message.tree.ambiguities,
  })
})

for (const [domain, own] of [
  ['kanzlei.example', true],
  ['news.kanzlei.example', true],
  ['xn--mller-kva.example', true],
  ['notkanzlei.example', false],
] as const) {
  it(`${domain} is ${own ? '' : 'not '}our own domain`, async () => {
    const { facts } = await gather(
      message,
      sources({
        authenticate: async () => ({ ...authentication, author: { address: `x@${domain}`, domain } }),
      }),
    )
    expect(facts.ownDomain).toBe(own)
  })
}

it('the lists are asked about the server, the envelope sender and the author, and what they say is a fact', async () => {
  const asked: ListSubjects[] = []
  const lists = { hits: [], failed: ['Silent list'] }
  const { facts } = await gather(
    receivedMessage('From: Ann <ann@Author.example>\n\nx', {
      sender: 'bounce@partner.example',
      client: { address: '192.0.2.1', hostName: undefined, reverse: 'none', helo: '[192.0.2.1]' },
    }),
    sources({
      askLists: async (subjects) => {
        asked.push(subjects)
        return lists
      },
    }),
  )
  expect(asked).toEqual([{ ip: '192.0.2.1', author: 'author.example', envelope: 'partner.example' }])
  expect(facts.lists).toEqual(lists)
  expect(facts.client).toEqual({ reverse: 'none', looksDialUp: false, heloIsName: false })
})

it('of a report without an author only the server is looked up', async () => {
  const asked: ListSubjects[] = []
  await gather(
    receivedMessage('Subject: x\n\nx', { sender: '' }),
    sources({
      askLists: async (subjects) => {
        asked.push(subjects)
        return { hits: [], failed: [] }
      },
    }),
  )
  expect(asked).toEqual([{ ip: '192.0.2.1', author: undefined, envelope: undefined }])
})

it('a store that cannot be read defers the message, and the others are told to stop', async () => {
  let scanSignal: AbortSignal | undefined
  const facts = gather(
    message,
    sources({
      memory: { recall: () => Promise.reject(new TemporaryFailure('3.0', 'locked')) },
      scan: (_bytes, signal) => {
        scanSignal = signal
        return new Promise(() => undefined)
      },
    }),
  )
  await expect(facts).rejects.toBeInstanceOf(TemporaryFailure)
  expect(scanSignal?.aborted).toBe(true)
})

const opened = receivedMessage('From: ann@partner.example\nContent-Type: text/plain\n\nopened\n')
const open = async () => ({
  message: opened,
  protection: { ...noProtection, encryption: 'opened' as const },
  brought: [],
})

it('of an encrypted message the sender is authenticated as it came, and files are looked for inside', async () => {
  const authenticated: ReceivedMessage[] = []
  const { facts, opened: result } = await gather(
    message,
    sources({
      open,
      authenticate: async (received) => {
        authenticated.push(received)
        return authentication
      },
    }),
  )
  expect(authenticated).toEqual([message])
  expect(facts).toMatchObject({ office: [], protection: { encryption: 'opened' } })
  expect(result.message).toBe(opened)
})

for (const [what, asItCame, inside, kind] of [
  ['both are clean', 'clean', 'clean', 'clean'],
  ['a virus is inside', 'clean', 'infected', 'infected'],
  ['a virus is outside', 'infected', 'clean', 'infected'],
  ['one could not be scanned', 'clean', 'unknown', 'unknown'],
  ['the other could not', 'unknown', 'clean', 'unknown'],
  ['a virus is inside and the rest could not be scanned', 'unknown', 'infected', 'infected'],
] as const) {
  it(`an encrypted message is ${kind} if ${what}`, async () => {
    const results = {
      clean: { kind: 'clean', signatures: 's' },
      infected: { kind: 'infected', name: 'Eicar', signatures: 's' },
      unknown: { kind: 'unknown', reason: 'down' },
    } as const
    const { facts } = await gather(
      message,
      sources({
        open,
        scan: async (bytes) => {
          let size = 0
          for await (const piece of bytes) size += piece.length
          return results[size === message.source.size ? asItCame : inside]
        },
      }),
    )
    expect(facts.scan.kind).toBe(kind)
  })
}

for (const [reason, scans] of [
  ['damaged', 2],
  ['no-key', 1],
] as const) {
  it(`a box that is closed for ${reason} is scanned ${scans === 2 ? 'as often as one that was opened' : 'once'}`, async () => {
    let count = 0
    const layers = [{ kind: 'closed', format: 'smime', reason }] as const
    const protection = { ...noProtection, layers, encryption: 'closed' } as const
    await gather(
      message,
      sources({
        open: async (same) => ({ message: same, protection, brought: [] }),
        scan: async () => {
          count += 1
          return { kind: 'clean', signatures: 's' }
        },
      }),
    )
    expect(count).toBe(scans)
  })
}
