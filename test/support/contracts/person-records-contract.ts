import { describe, expect, test } from 'vitest'
import type { DecisionRecord } from '../../../src/storage/decisions.ts'
import { anyHeldOriginal } from '../held-original.ts'
import { storedCertificate } from '../stored-key.ts'
import { testCertificate } from '../test-keys.ts'
import type { OpenStorage } from './storage-contract.ts'

const noon = new Date('2026-03-01T12:00:00Z')
const carl = 'carl@client.example'
const decision = (id: string, change: Partial<DecisionRecord> = {}): DecisionRecord => ({
  id,
  at: noon,
  direction: 'inbound',
  queueId: '4Xk2mT0z3Qz9',
  clientAddress: '192.0.2.1',
  sender: carl,
  author: carl,
  recipients: ['ann@example.com'],
  answer: '550 5.7.1',
  trust: { score: -35, signals: [{ name: 'SPF', points: -35, evidence: `not for ${carl}` }] },
  outcomes: [{ recipient: 'ann@example.com', outcome: 'reject' }],
  subject: 'Scheidung',
  policyGeneration: 3,
  milliseconds: 12,
  ...change,
})

export function personRecordsContract(database: string, open: OpenStorage): void {
  describe('what is stored about a person', () => {
    test(`${database} finds it everywhere, and nothing of others`, async () => {
      await using storage = await open()
      const other = { sender: 'joann@client.example', author: 'joann@client.example' }
      await storage.decisions.add(decision('1', { ...other, trust: undefined }))
      await storage.decisions.add(decision('2', { at: new Date(noon.getTime() + 1) }))
      for (let n = 0; n < 450; n += 1)
        await storage.decisions.add(decision(`x${n}`, { ...other, trust: undefined }))
      await storage.decisions.add(decision('0', { author: 'Carl@CLIENT.example', sender: '' }))
      await storage.heldOriginals.add(anyHeldOriginal())
      const keys = { u: Buffer.alloc(48), wrapKey: Buffer.alloc(32) }
      await storage.pdfPasswords.set(carl, keys, noon)
      await storage.keyStore.add(storedCertificate(testCertificate('alice-rsa'), { addresses: [carl] }))
      await storage.waitingMessages.add({
        ...{ recipient: carl, queueId: 'Q1', sender: 'ann@example.com', since: noon },
      })
      const found = await storage.personRecords.find('Carl@client.example')
      expect(found.decisions.map(({ id }) => id)).toEqual(['2', '0'])
      expect(found.held).toHaveLength(1)
      expect(found.elsewhere.map(({ what }) => what).sort()).toEqual(['key', 'pdf-password', 'waiting-mail'])
      expect((await storage.personRecords.find('ann@example.com')).decisions).toHaveLength(453)
      expect(await storage.personRecords.find('eve@client.example')).toEqual({
        ...{ decisions: [], held: [], elsewhere: [] },
      })
    })

    test(`${database} erases it from decisions, which stay decisions`, async () => {
      await using storage = await open()
      await storage.decisions.add(decision('1'))
      await storage.decisions.add(
        decision('2', { author: 'eve@client.example', sender: 'eve@client.example' }),
      )
      expect(await storage.personRecords.erase('CARL@client.example')).toEqual({
        ...{ decisions: 2, held: 0, elsewhere: [] },
      })
      const erased = await storage.decisions.find('1')
      expect(erased).toMatchObject({
        ...{
          at: noon,
          answer: '550 5.7.1',
          sender: 'erased@address.invalid',
          author: 'erased@address.invalid',
        },
        recipients: ['ann@example.com'],
        trust: { score: -35, signals: [{ name: 'SPF', points: -35, evidence: '' }] },
      })
      expect(JSON.stringify(erased)).not.toMatch(/carl|Scheidung/i)
      expect((await storage.decisions.find('2'))?.author).toBe('eve@client.example')
      expect((await storage.personRecords.find(carl)).decisions).toEqual([])
    })

    test(`${database} erases records of files that are over, and says which files are still in custody`, async () => {
      await using storage = await open()
      const over = { id: '1'.repeat(26), state: 'released', settledAt: noon } as const
      await storage.heldOriginals.add(anyHeldOriginal())
      await storage.heldOriginals.add(anyHeldOriginal(over))
      await storage.heldOriginals.add(anyHeldOriginal({ id: '2'.repeat(26), sender: '', author: undefined }))
      expect(await storage.personRecords.erase(carl)).toEqual({
        ...{ decisions: 0, held: 1 },
        elsewhere: [{ what: 'held-file', detail: '0123456789abcdefghjkmnpqrs (held)' }],
      })
      const left = (await storage.heldOriginals.list()).map(({ id }) => id)
      expect(left.sort()).toEqual(['0123456789abcdefghjkmnpqrs', '2'.repeat(26)])
    })
  })
}
