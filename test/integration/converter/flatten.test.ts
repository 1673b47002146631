import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConversionResult } from '../../../src/converter/converter.ts'
import { docx, odt, rtf } from './documents.ts'
import { missing, missingText, startTestConverter, type TestConverter } from './test-converter.ts'

describe.skipIf(missing.length > 0)(`a PDF of pictures${missingText}`, () => {
  let zone: TestConverter
  beforeAll(async () => {
    zone = await startTestConverter()
  })
  afterAll(() => zone?.[Symbol.asyncDispose]())

  /** The rectangle of the first page that is not white: left, top, right and bottom in steps of 1/20 inch. */
  async function inkOf(result: ConversionResult): Promise<number[]> {
    const image = await zone.seenBy(result, 'pdftoppm', '-gray', '-r', '20', '-l', '1')
    // PGM: two lines of text with the size, one with the largest value, then a byte for each pixel.
    const [header = '', width] = /^P5\n(\d+) \d+\n255\n/.exec(image.toString('latin1')) ?? []
    const inked = [...image.subarray(header.length)].flatMap((gray, at) => (gray < 230 ? [at] : []))
    const columns = inked.map((at) => at % Number(width))
    const rows = inked.map((at) => Math.floor(at / Number(width)))
    return [Math.min(...columns), Math.min(...rows), Math.max(...columns), Math.max(...rows)]
  }

  test('looks like the document and has nothing in it but the picture', async () => {
    const document = odt('canary', ['https://good.example/', 'javascript:canary()'])
    const pictured = await zone.convert(document, 'odt', undefined, true)
    expect(pictured).toMatchObject({ kind: 'converted', pages: 1, cut: false })
    expect((await zone.textOf(pictured)).trim()).toBe('')
    expect(await zone.objectsOf(pictured)).not.toMatch(
      /\/URI|\/Font \d|\/FontFile|canary|LibreOffice|\/OpenAction/,
    )

    const [seen, original] = [await inkOf(pictured), await inkOf(await zone.convert(document, 'odt'))]
    expect(seen[0]).toBeGreaterThan(0)
    for (const [at, side] of original.entries())
      expect(Math.abs(side - (seen[at] ?? 0))).toBeLessThanOrEqual(1)
  })

  test('has as large pages as the document', async () => {
    const sizes = async (flatten: boolean) => {
      const result = await zone.convert(docx('a'), 'docx', undefined, flatten)
      const [, width, height] =
        /Page size:\s+([\d.]+) x ([\d.]+)/.exec((await zone.seenBy(result, 'pdfinfo')).toString()) ?? []
      return [Number(width), Number(height)]
    }
    const [pictured, plain] = [await sizes(true), await sizes(false)]
    for (const side of [0, 1]) expect(Math.abs((pictured[side] ?? 0) - (plain[side] ?? 99))).toBeLessThan(1)
  })

  test('ends after 100 pages, and says so', async () => {
    const result = await zone.convert(rtf('a\\page '.repeat(110)), 'rtf', undefined, true)
    expect(result).toMatchObject({ kind: 'converted', pages: 100, cut: true })
  })

  test('is refused as the document would be', async () => {
    const result = await zone.convert(Buffer.from('PK\x03\x04'), 'docx', undefined, true)
    expect(result).toEqual({ kind: 'failed', reason: 'broken' })
  })
})
