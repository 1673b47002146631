import { describe, expect, it } from 'vitest'
import type { Notice } from '../../../src/delivery/send-notice.ts'
import { warnOfExpiry } from '../../../src/gateway/warn-of-expiry.ts'
import { expiringKeys } from '../../../src/keys/expiring-keys.ts'
import type { StoredKey } from '../../../src/storage/key-store.ts'
import { shippedWeights } from '../../../src/trust/weights.ts'
import { openTestStorage } from '../../support/open-test-storage.ts'
import { sentMail } from '../../support/recall.ts'
import { storedCertificate } from '../../support/stored-key.ts'
import { testCertificate } from '../../support/test-keys.ts'

const dayMs = 86_400_000
const end = new Date('2028-06-30T12:00:00Z')
const daysBefore = (days: number) => new Date(end.getTime() - days * dayMs)
const key = (fingerprint: string, address: string, change: Partial<StoredKey> = {}) =>
  storedCertificate(testCertificate('alice-rsa'), {
    ...{ fingerprint, addresses: [address], notBefore: daysBefore(300), notAfter: end, ...change },
  })
const own = { hasPrivateKey: true }
const erika = 'erika@kanzlei.example'
const bob = 'bob@partner.example'

describe('a key ends soon', () => {
  for (const [days, step] of [
    [30.1, undefined],
    [30, 30],
    [14.1, 30],
    [14, 14],
    [7, 7],
    [1.1, 7],
    [1, 1],
    [0.01, 1],
    [0, undefined],
    [-1, undefined],
  ] as const) {
    it(`${days} days before its end: ${step ?? 'not told'}`, () => {
      expect(expiringKeys([key('01', erika)], daysBefore(days)).map((found) => found.step)).toEqual(
        step === undefined ? [] : [step],
      )
    })
  }

  const longer = { notAfter: new Date(end.getTime() + 300 * dayMs) }
  for (const [what, others, told] of [
    ['another one lasts longer', [key('02', erika, longer)], false],
    ['the other one is that of somebody else', [key('02', bob, longer)], true],
    ['the other one is of another kind', [key('02', erika, { ...longer, kind: 'openpgp' })], true],
    ['the other one waits for review', [key('02', erika, { ...longer, state: 'pending' })], true],
    ['the other one is not valid yet', [key('02', erika, { ...longer, notBefore: end })], true],
  ] as const) {
    it(`${told ? 'and is told' : 'but is renewed'} if ${what}`, () => {
      const found = expiringKeys([key('01', erika), ...others], daysBefore(10))
      expect(found.map((each) => each.key.fingerprint)).toEqual(told ? ['01'] : [])
    })
  }

  it('and is told if of ours only the public half of the next one is here', () => {
    const [soon, next] = [key('01', erika, own), key('02', erika, longer)]
    expect(expiringKeys([soon, next], daysBefore(10))).toHaveLength(1)
    expect(expiringKeys([soon, { ...next, ...own }], daysBefore(10))).toEqual([])
  })
})

describe('the postmaster', () => {
  /** The mails of each hour that is named by its days before the end. */
  async function mailsAt(hours: readonly number[], fails: (hour: number) => boolean = () => false) {
    await using storage = await openTestStorage()
    await storage.keyStore.add(key('01'.repeat(32), erika), 'private key')
    await storage.keyStore.add(key('02'.repeat(32), bob, { notAfter: new Date(end.getTime() + dayMs / 2) }))
    await storage.keyStore.add(key('03'.repeat(32), 'stranger@else.example'))
    const sent = sentMail(daysBefore(100), { from: erika, to: bob })
    await storage.trustMemory.learnSent(sent, '1', shippedWeights)
    const mails: { readonly hour: number; readonly notice: Notice }[] = []
    for (const hour of hours) {
      const send = async (notice: Notice) => {
        if (fails(hour)) throw new Error('Postfix is down')
        mails.push({ hour, notice })
      }
      const now = () => daysBefore(hour)
      await warnOfExpiry({ storage, postmaster: 'post@kanzlei.example', send, now }).catch(() => {})
    }
    return mails
  }

  it('hears each step once, in one mail a day at most', async () => {
    const hourly = Array.from({ length: 32 * 24 }, (_, hour) => 32 - hour / 24)
    const mails = await mailsAt(hourly)
    const days = mails.map(({ notice }) => notice.messageIdLocal.slice(-10))
    expect(new Set(days).size).toBe(days.length)
    const told = (address: string) => mails.filter(({ notice }) => notice.text.includes(address)).length
    expect([told(erika), told(bob), told('stranger@else.example')]).toEqual([4, 4, 0])
  })

  it('is told in German and English, our own keys apart from those of others', async () => {
    const [mail, ...more] = await mailsAt([6, 5.9])
    expect(more).toEqual([])
    expect(mail?.notice).toMatchObject({
      to: ['post@kanzlei.example'],
      subject: 'Schlüssel laufen ab / Keys expire: 2',
    })
    const { text = '' } = mail?.notice ?? {}
    expect(text).toContain('  erika@kanzlei.example: S/MIME, 6 Tage / days, 2028-06-30, 0101010101010101')
    expect(text.indexOf(erika)).toBeLessThan(text.indexOf('Of people we write to'))
    expect(text.indexOf(bob)).toBeGreaterThan(text.indexOf('Of people we write to'))
    expect(text).not.toContain('private key')
  })

  it('is told an hour later if Postfix was down', async () => {
    const mails = await mailsAt([6, 5.95, 5.9], (hour) => hour === 6)
    expect(mails.map(({ hour }) => hour)).toEqual([5.95])
  })
})
