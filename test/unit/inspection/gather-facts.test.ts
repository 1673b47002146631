import { expect, it } from 'vitest'
import { TemporaryFailure } from '../../../src/failure.ts'
import { type FactSources, gatherInboundFacts } from '../../../src/inspection/gather-facts.ts'
import type { AuthenticationFacts } from '../../../src/message/facts.ts'
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
    scan: async (bytes) => {
      let size = 0
      for await (const piece of bytes) size += piece.length
      return { kind: 'clean', signatures: `${size} bytes` }
    },
    relations: { find: async (author, recipient) => ({ ...unknown, pair: `${author} ${recipient}`.length }) },
    now: () => new Date(0),
    ownDomains: ['kanzlei.example', 'Müller.example'],
    ...change,
  }
}
const message = receivedMessage('From: ann@partner.example\nContent-Type: application/rtf\n\n{\\rtf1 x}\n', {
  recipients: ['bob@kanzlei.example', 'barbara@kanzlei.example'],
})

it('the whole message is scanned, its Office files found, the author known to each recipient', async () => {
  expect(await gatherInboundFacts(message, sources(), never)).toMatchObject({
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
    ownDomain: false,
    ambiguities: message.tree.ambiguities,
  })
})

it('without one author nobody is asked who it is', async () => {
  const facts = await gatherInboundFacts(
    message,
    sources({
      authenticate: async () => ({ ...authentication, author: undefined }),
      relations: { find: () => Promise.reject(new Error('asked')) },
    }),
    never,
  )
  expect(facts.relations).toEqual([unknown, unknown])
})

for (const [domain, own] of [
  ['kanzlei.example', true],
  ['news.kanzlei.example', true],
  ['xn--mller-kva.example', true],
  ['notkanzlei.example', false],
] as const) {
  it(`${domain} is ${own ? '' : 'not '}our own domain`, async () => {
    const facts = await gatherInboundFacts(
      message,
      sources({
        authenticate: async () => ({ ...authentication, author: { address: `x@${domain}`, domain } }),
      }),
      never,
    )
    expect(facts.ownDomain).toBe(own)
  })
}

it('a store that cannot be read defers the message, and the others are told to stop', async () => {
  let scanSignal: AbortSignal | undefined
  const facts = gatherInboundFacts(
    message,
    sources({
      relations: { find: () => Promise.reject(new TemporaryFailure('3.0', 'locked')) },
      scan: (_bytes, signal) => {
        scanSignal = signal
        return new Promise(() => undefined)
      },
    }),
    never,
  )
  await expect(facts).rejects.toBeInstanceOf(TemporaryFailure)
  expect(scanSignal?.aborted).toBe(true)
})
