import { expect, it, onTestFinished } from 'vitest'
import { ControlRefusal } from '../../../../src/gateway/calls/control-server.ts'
import { trustHandlers } from '../../../../src/gateway/calls/trust-handlers.ts'
import { shippedWeights } from '../../../../src/trust/weights.ts'
import { openTestStorage } from '../../../support/open-test-storage.ts'
import { recallQuestion, sentMail } from '../../../support/recall.ts'

const noon = new Date('2026-03-01T12:00:00Z')
const carl = 'carl@client.example'
const act = { by: 'ann', reason: 'he asked for it' }

async function house(clearText?: number) {
  const storage = await openTestStorage()
  onTestFinished(() => storage[Symbol.asyncDispose]())
  const handlers = trustHandlers({
    storage,
    policies: { inForce: { trust: shippedWeights } },
    settings: { trust: clearText === undefined ? {} : { clearText } },
    now: () => noon,
  })
  const refuse = async (reference: string) => {
    const { sender } = await storage.trustMemory.recall(recallQuestion(noon))
    const lessons = { counts: true, healable: true, suspicious: true }
    await storage.trustMemory.learnRefused(sender, lessons, reference, reference, noon, shippedWeights)
  }
  const history = async () => (await storage.trustMemory.recall(recallQuestion(noon))).history
  return { storage, handlers, refuse, history }
}

it('somebody with the reference of a refusal lets its sender in, and that is on record', async () => {
  const { storage, handlers, refuse, history } = await house()
  await refuse('K7Q2-81ZX-4M3P')
  expect((await history()).healing).toBe(false)
  const answer = await handlers['trust-heal']({ reference: 'k7q2-81zx-4m3p', ...act })
  expect(answer).toEqual({ openUntil: new Date('2026-03-15T12:00:00Z') })
  expect((await history()).healing).toBe(true)
  expect(await storage.audit.of('K7Q2-81ZX-4M3P')).toMatchObject([{ what: 'refusal-healed', who: 'ann' }])
  await expect(handlers['trust-heal']({ reference: 'K7Q2-0000-0000', ...act })).rejects.toBeInstanceOf(
    ControlRefusal,
  )
})

it('what is remembered of a sender is shown, and forgotten on demand', async () => {
  const { storage, handlers, refuse } = await house()
  await storage.trustMemory.learnSent(sentMail(noon), '1', shippedWeights)
  await refuse('K7Q2-81ZX-4M3P')
  expect(await handlers['trust-show']({ address: carl })).toMatchObject({
    relation: { address: 1, domain: 1 },
    refusals: [{ reference: 'K7Q2-81ZX-4M3P' }],
  })
  expect(await handlers['trust-forget']({ address: carl, ...act })).toEqual({ forgotten: 4 })
  expect(await handlers['trust-forget']({ address: carl, ...act })).toEqual({ forgotten: 0 })
  const entries = await storage.audit.latest(10)
  expect(entries.map(({ what }) => what)).toEqual(['address-forgotten'])
  expect(JSON.stringify(entries)).not.toContain('carl')
})

it('names are listed only where the settings keep them', async () => {
  const { storage, handlers } = await house(30 * 86_400_000)
  await storage.trustMemory.learnSent(sentMail(noon), '1', shippedWeights, true)
  expect(await handlers['trust-names']({})).toEqual({ kept: true, names: [{ address: carl, lastAt: noon }] })
  expect(await (await house()).handlers['trust-names']({})).toEqual({ kept: false, names: [] })
})

it('a person gets everything that is stored about him, and has it erased without a trace of his name', async () => {
  const { storage, handlers } = await house()
  await storage.trustMemory.learnSent(sentMail(noon), '1', shippedWeights)
  await storage.knownPeople.learn([{ person: 'carl client', address: carl, own: false }], noon)
  await storage.decisions.add({
    ...{ id: 'A', at: noon, direction: 'outbound', queueId: undefined, clientAddress: undefined },
    ...{ sender: 'ann@example.com', author: undefined, recipients: [carl], answer: 'accept' },
    ...{ trust: undefined, outcomes: [], policyGeneration: 1, milliseconds: 1 },
  })
  expect(await handlers['gdpr-export']({ address: carl })).toMatchObject({
    memory: { writers: 1 },
    decisions: [{ id: 'A' }],
    held: [],
    elsewhere: [],
  })
  const erased = await handlers['gdpr-erase']({ address: carl, ...act })
  expect(erased).toMatchObject({ remembered: 3, decisions: 1, held: 0, elsewhere: [] })
  expect(await handlers['gdpr-export']({ address: carl })).toMatchObject({
    ...{ memory: { writers: 0, relation: { address: 0 } }, decisions: [] },
  })
  const namesakes = await storage.knownPeople.namesakes('carl client', 'x@stranger.example')
  expect(namesakes).toEqual({ own: false, partner: false })
  expect(await storage.audit.of(erased.reference)).toMatchObject([{ what: 'address-erased', who: 'ann' }])
  expect(JSON.stringify(await storage.audit.latest(10))).not.toContain('carl')
})
