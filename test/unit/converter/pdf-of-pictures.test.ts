import { deflateSync, inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { PDFDict, PDFDocument, PDFName, PDFRawStream } from 'pdf-lib'
import { expect, it, test } from 'vitest'
import { pdfOfPictures } from '../../../src/converter/pdf-of-pictures.ts'

/** A page as a driver sends it; `pixels` may be other than it should. */
function picture(width: number, height: number, pixels: Uint8Array, length?: number): Buffer {
  const compressed = deflateSync(pixels)
  const head = Buffer.alloc(8)
  head.writeUInt16BE(width, 0)
  head.writeUInt16BE(height, 2)
  head.writeUInt32BE(length ?? compressed.length, 4)
  return Buffer.concat([head, compressed])
}
const white = (width: number, height: number) => new Uint8Array(width * height * 3).fill(255)

/** The images in a PDF: colours and samples. */
async function images(pdf: Uint8Array): Promise<[space: string, samples: number[]][]> {
  const document = await PDFDocument.load(pdf)
  return document.getPages().map((page) => {
    const objects = page.node.Resources()?.lookup(PDFName.of('XObject'), PDFDict)
    const image = objects?.lookup(PDFName.of('Page'))
    if (!(image instanceof PDFRawStream)) throw new Error('No picture on the page')
    return [String(image.dict.lookup(PDFName.of('ColorSpace'))), [...inflateSync(image.contents)]]
  })
}

test('a page of 120 pixels is an inch wide, and nothing but its picture is in the PDF', async () => {
  const { pdf, pages, cut } = await pdfOfPictures(picture(120, 240, white(120, 240)), 9)
  expect({ pages, cut }).toEqual({ pages: 1, cut: false })
  const document = await PDFDocument.load(pdf, { updateMetadata: false })
  expect(document.getPage(0).getSize()).toEqual({ width: 72, height: 144 })
  const kinds = document.context
    .enumerateIndirectObjects()
    .map(([, object]) => (object instanceof PDFDict ? String(object.lookup(PDFName.of('Type'))) : 'stream'))
  expect(kinds.toSorted()).toEqual(['/Catalog', '/Page', '/Pages', 'stream', 'stream'])
})

for (const [what, pixel, space, samples] of [
  [
    'black on white stays as it is, in gray',
    [0, 0, 0, 255, 255, 255, 127, 127, 127],
    '/DeviceGray',
    [0, 255, 127],
  ],
  [
    'white stays white beside colours',
    [255, 255, 255, 255, 0, 0, 255, 255, 255],
    '/DeviceRGB',
    [255, 255, 255, 255, 0, 0, 255, 255, 255],
  ],
  [
    'colours lose what nobody sees',
    [1, 2, 131, 64, 65, 66, 254, 0, 7],
    '/DeviceRGB',
    [0, 0, 130, 65, 65, 65, 255, 0, 4],
  ],
] as const) {
  it(what, async () => {
    const { pdf } = await pdfOfPictures(picture(3, 1, Uint8Array.from(pixel)), 1)
    expect(await images(pdf)).toEqual([[space, [...samples]]])
  })
}

test('pages above the limit are gone, which is said', async () => {
  const page = picture(2, 2, white(2, 2))
  const { pdf, pages, cut } = await pdfOfPictures(Buffer.concat([page, page, page]), 2)
  expect({ pages, cut, inPdf: (await PDFDocument.load(pdf)).getPageCount() }).toEqual({
    pages: 2,
    cut: true,
    inPdf: 2,
  })
})

for (const [what, bytes] of [
  ['nothing', Buffer.alloc(0)],
  ['half a header', Buffer.from([0, 1, 0])],
  ['a page without width', picture(0, 9, white(0, 9))],
  ['a page without height', picture(9, 0, white(9, 0))],
  ['a page of 4 thousand million pixels', picture(65_535, 65_535, white(1, 1))],
  ['more pixels than the page has', picture(2, 2, white(2, 3))],
  ['a page that would unpack to 50 MB', picture(2, 2, new Uint8Array(50e6))],
  ['fewer pixels than the page has', picture(2, 2, white(2, 1))],
  ['a length beyond the end', picture(2, 2, white(2, 2), 1000)],
  ['a length that cuts the pixels', picture(2, 2, white(2, 2), 4)],
  [
    'half a page behind a good one',
    Buffer.concat([picture(2, 2, white(2, 2)), picture(2, 2, white(2, 2)).subarray(0, 12)]),
  ],
] as const) {
  it(`takes no picture from ${what}`, async () => {
    await expect(pdfOfPictures(bytes, 9)).rejects.toThrow()
  })
}

test('whatever a driver says becomes a PDF of as many pictures or nothing', async () => {
  const page = fc
    .tuple(fc.nat(5), fc.nat(5), fc.option(fc.uint8Array({ maxLength: 80 })), fc.option(fc.nat(100)))
    .map(([width, height, pixels, length]) =>
      picture(width, height, pixels ?? white(width, height), length ?? undefined),
    )
  const output = fc.oneof(
    fc.uint8Array(),
    fc.array(page, { maxLength: 4 }).map((pages) => Buffer.concat(pages)),
  )
  await fc.assert(
    fc.asyncProperty(output, async (bytes) => {
      const made = await pdfOfPictures(bytes, 3).catch(() => undefined)
      if (made === undefined) return
      expect((await PDFDocument.load(made.pdf)).getPageCount()).toBe(made.pages)
    }),
  )
})
