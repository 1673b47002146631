import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { TemporaryFailure } from '../../../src/failure.ts'
import { heldOriginalId, holdOriginals } from '../../../src/holding/hold-originals.ts'
import { bytesInMemory } from '../../../src/message/byte-source.ts'
import { firstScanAt, holdingSite, hour, noon } from '../../support/holding-parts.ts'

const message = {
  recipients: ['ann@example.com', 'bob@example.com'],
  sender: 'carl@client.example',
  author: 'carl@client.example',
  messageId: '<1@client.example>',
  digest: 'd1',
}
const attached = (text: string, ...path: number[]) =>
  ({ path, fileName: `${text}.docx`, office: 'docx', content: bytesInMemory(Buffer.from(text)) }) as const
const terms = { scan: firstScanAt(noon), hold: 12 * hour, now: noon }

async function blobsOf(site: Awaited<ReturnType<typeof holdingSite>>): Promise<string[]> {
  const ids: string[] = []
  for await (const id of site.storage.blobs.ids()) ids.push(id)
  return ids
}

describe('the originals of a mail', () => {
  it('are sealed and recorded, each with both of its deadlines', async () => {
    await using site = await holdingSite()
    await site.pass(hour)
    const held = await holdOriginals(
      message,
      [attached('one', 1), attached('two', 2)],
      { ...terms, now: site.wall },
      site.parts,
    )
    expect(await site.storage.heldOriginals.list()).toEqual(expect.arrayContaining(held))
    expect(held).toMatchObject([
      { fileName: 'one.docx', bytes: 3, state: 'held', releaseObserved: 13 * hour },
      {
        fileName: 'two.docx',
        releaseAt: new Date(noon.getTime() + 13 * hour),
        recipients: message.recipients,
      },
    ])
    await using blob = await site.storage.blobs.open(held[1]?.blob ?? '')
    expect(Buffer.from(blob.read(0, 10)).toString()).toBe('two')
  })

  it('are held once when the mail comes again, with the first deadline', async () => {
    await using site = await holdingSite()
    const first = await holdOriginals(message, [attached('one', 1)], terms, site.parts)
    const later = { ...terms, now: new Date(noon.getTime() + hour) }
    expect(await holdOriginals(message, [attached('one', 1)], later, site.parts)).toEqual(first)
    expect(await blobsOf(site)).toHaveLength(1)
  })

  it('are held once when the mail comes on two connections at the same time', async () => {
    await using site = await holdingSite()
    const both = await Promise.all(
      [1, 2].map(() => holdOriginals(message, [attached('one', 1)], terms, site.parts)),
    )
    expect(both[0]).toEqual(both[1])
    expect(await blobsOf(site)).toEqual([both[0]?.[0]?.blob])
  })

  it('defer the mail when one of them cannot be sealed', async () => {
    await using site = await holdingSite()
    const blobs = { ...site.storage.blobs, put: () => Promise.reject(new TemporaryFailure('3.1', 'Full')) }
    const holding = holdOriginals(message, [attached('one', 1)], terms, { ...site.parts, blobs })
    await expect(holding).rejects.toBeInstanceOf(TemporaryFailure)
    expect(await site.storage.heldOriginals.list()).toEqual([])
  })
})

describe('the id of a held original', () => {
  it('has 26 characters that survive being read out on the telephone', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.string(), fc.array(fc.nat()), (recipients, digest, path) => {
        expect(heldOriginalId({ ...message, recipients, digest }, path)).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/)
      }),
    )
  })

  test('is the same in whatever order and case the recipients come', () => {
    const shuffled = { ...message, recipients: ['BOB@example.com', 'Ann@Example.com'] }
    expect(heldOriginalId(shuffled, [1])).toBe(heldOriginalId(message, [1]))
  })

  test('differs by place in the message, by content and by recipients', () => {
    const ids = [
      heldOriginalId(message, [1]),
      heldOriginalId(message, [1, 1]),
      heldOriginalId({ ...message, digest: 'd2' }, [1]),
      heldOriginalId({ ...message, recipients: ['ann@example.com'] }, [1]),
    ]
    expect(new Set(ids).size).toBe(ids.length)
  })
})
