import { deflateSync, inflateSync } from 'node:zlib'
import {
  concatTransformationMatrix,
  drawObject,
  PDFDocument,
  PDFName,
  PDFRawStream,
  popGraphicsState,
  pushGraphicsState,
} from 'pdf-lib'
import type { CleanedPdf } from './clean-pdf.ts'
import { limits } from './limits.ts'

/** The driver renders at this many dots per inch; a PDF counts in points, 72 of them to the inch. */
const dotsPerInch = 120

/**
 * A PDF that shows pictures of pages and has nothing else in it. `pages` is what a driver says they look like: for each its
 * width and height in pixels (two bytes each), the length of what follows (four bytes), and red, green and blue of all
 * pixels under zlib. A compromised engine may say anything: it ends up as colours. Throws when the numbers do not agree.
 */
export async function pdfOfPictures(pages: Uint8Array, maxPages: number): Promise<CleanedPdf> {
  const document = await PDFDocument.create({ updateMetadata: false })
  let count = 0
  for (const { width, height, compressed } of readPictures(pages)) {
    count += 1
    if (count > maxPages) break
    // An exact bound: zlib stops where more would come, and less is refused.
    const pixels = inflateSync(compressed, { maxOutputLength: width * height * 3 })
    if (pixels.length !== width * height * 3) throw new Error('Not as many pixels as the page has')
    addPicture(document, width, height, pixels)
  }
  if (count === 0) throw new Error('No pages')
  return {
    pdf: await document.save({ addDefaultPage: false, updateFieldAppearances: false }),
    pages: Math.min(count, maxPages),
    cut: count > maxPages,
  }
}

function* readPictures(
  pages: Uint8Array,
): Generator<{ width: number; height: number; compressed: Uint8Array }> {
  const bytes = Buffer.from(pages.buffer, pages.byteOffset, pages.byteLength)
  for (let at = 0; at < bytes.length; ) {
    const [width, height, length] = [
      bytes.readUInt16BE(at),
      bytes.readUInt16BE(at + 2),
      bytes.readUInt32BE(at + 4),
    ]
    const end = at + 8 + length
    if (width === 0 || height === 0 || width * height > limits.pixels || end > bytes.length)
      throw new Error('Not a picture of a page')
    yield { width, height, compressed: bytes.subarray(at + 8, end) }
    at = end
  }
}

function addPicture(document: PDFDocument, width: number, height: number, pixels: Uint8Array): void {
  const gray = isGray(pixels)
  const { context } = document
  // ISO 32000-2 8.9.5. Compressed anew: a reader never meets a stream that was made inside.
  const dictionary = context.obj({
    Type: 'XObject',
    Subtype: 'Image',
    Width: width,
    Height: height,
    ColorSpace: gray ? 'DeviceGray' : 'DeviceRGB',
    BitsPerComponent: 8,
    Filter: 'FlateDecode',
  })
  const samples = deflateSync(gray ? oneOfThree(pixels) : withoutNoise(pixels))
  const image = context.register(PDFRawStream.of(dictionary, samples))
  const size: [number, number] = [(width * 72) / dotsPerInch, (height * 72) / dotsPerInch]
  const page = document.addPage(size)
  page.node.setXObject(PDFName.of('Page'), image)
  page.pushOperators(
    pushGraphicsState(),
    concatTransformationMatrix(size[0], 0, 0, size[1], 0, 0),
    drawObject('Page'),
    popGraphicsState(),
  )
}

/** Most pages are black on white, which takes a third of the room. */
function isGray(pixels: Uint8Array): boolean {
  for (let at = 0; at < pixels.length; at += 3)
    if (pixels[at] !== pixels[at + 1] || pixels[at] !== pixels[at + 2]) return false
  return true
}

function oneOfThree(pixels: Uint8Array): Uint8Array {
  const gray = new Uint8Array(pixels.length / 3)
  for (let at = 0; at < gray.length; at += 1) gray[at] = pixels[at * 3] ?? 0
  return gray
}

/** 64 steps of each colour instead of 256: nobody sees it on a page, and photographs take half the room. White stays white. */
function withoutNoise(pixels: Uint8Array): Uint8Array {
  return pixels.map((value) => (value & 0xfc) | (value >> 6))
}
