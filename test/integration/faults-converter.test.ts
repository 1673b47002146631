import { describe, expect, test } from 'vitest'
import { arrivedParts, textOf } from '../../src/demonstration/attachments.ts'
import { docxType, wordFile } from '../../src/demonstration/compose.ts'
import { openPdf } from '../../src/demonstration/open-protected.ts'
import { anna, dealerAddress, dealerPassword } from '../../src/demonstration/people.ts'
import { arrived, since, waitsFor } from '../../src/demonstration/sample.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { letterFrom, senderOf, sendFrom, writeTo } from '../support/site-mail.ts'

const isPdf = ({ bytes }: { bytes: Buffer }) => bytes.subarray(0, 5).toString() === '%PDF-'

describe.skipIf(noSite)(`faults of the converter${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests()

  async function sendWord(text: string): Promise<Buffer> {
    const word = Buffer.from(wordFile([text]))
    const attachment = { fileName: `${text}.docx`, content: word, type: docxType }
    const reply = await sendFrom(site(), senderOf(site()), await letterFrom(senderOf(site()), { attachment }))
    expect(reply.text).toMatch(/^250 /)
    return word
  }

  /** What the recipient must get whatever becomes of the conversion: a word about the file at once, the file later. */
  async function noticeThenOriginal(name: string, word: Buffer, isNew: ReturnType<typeof since>) {
    const mail = await arrived(site(), anna, isNew)
    const parts = arrivedParts(mail.content)
    expect(parts.some(({ bytes }) => bytes.equals(word))).toBe(false)
    expect(textOf(parts)).toContain(`${name}.docx`)
    await arrived(
      site(),
      anna,
      (each) => isNew(each) && arrivedParts(each.content).some(({ bytes }) => bytes.equals(word)),
    )
    return parts
  }

  test('killed in the middle of a document, mail comes with a notice and the original later', async () => {
    const isNew = since(site())
    const heldBefore = site()
      .events()
      .filter(({ event }) => event === 'held').length
    // Stopped first: whatever the converter is asked is now in hand for as long as we like.
    site().converter.signal('SIGSTOP')
    const sending = sendWord('Mitten')
    const held = () =>
      site()
        .events()
        .filter(({ event }) => event === 'held').length
    await expect.poll(held, { timeout: 60_000 }).toBe(heldBefore + 1)
    site().converter.signal('SIGKILL')
    const word = await sending
    const parts = await noticeThenOriginal('Mitten', word, isNew)
    expect(parts.some(isPdf)).toBe(false)
    expect(textOf(parts)).toContain('nicht erreichbar')
  })

  test('gone, a PDF mail waits in the queue, unprotected nowhere; back, it goes and opens', async () => {
    await site().converter.stop()
    const set = await site().command(['password', 'set', dealerAddress], `${dealerPassword}\n`)
    expect(set.status).toBe(0)
    const isNew = since(site())
    expect((await writeTo(site(), [dealerAddress], 'Netto 2.345 EUR')).code).toBe(250)
    expect(await waitsFor(site(), dealerAddress, / 4\d\d /)).toMatch(/\b451 4\.\d\.\d/)
    expect(site().received().filter(isNew)).toEqual([])

    await site().startConverter()
    await site().postfix.flush()
    const mail = await arrived(site(), dealerAddress, isNew)
    const { text } = await openPdf(site(), mail, dealerPassword, 'later')
    expect(text).toContain('Netto 2.345 EUR')
    expect(mail.content.includes('2.345 EUR')).toBe(false)
  })

  test('back, Office files become PDFs again, without a restart of the gateway', async () => {
    const isNew = since(site())
    const word = await sendWord('Danach')
    const parts = await noticeThenOriginal('Danach', word, isNew)
    expect(parts.some(isPdf)).toBe(true)
  })

  test('stopped and continued in the middle of a document, the document is still converted', async () => {
    const isNew = since(site())
    const heldBefore = site()
      .events()
      .filter(({ event }) => event === 'held').length
    site().converter.signal('SIGSTOP')
    const sending = sendWord('Pause')
    const held = () =>
      site()
        .events()
        .filter(({ event }) => event === 'held').length
    await expect.poll(held, { timeout: 60_000 }).toBe(heldBefore + 1)
    site().converter.signal('SIGCONT')
    const parts = await noticeThenOriginal('Pause', await sending, isNew)
    expect(parts.some(isPdf)).toBe(true)
  })
})
