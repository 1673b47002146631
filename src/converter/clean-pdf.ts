import {
  PDFArray,
  PDFDict,
  PDFDocument,
  PDFHexString,
  PDFName,
  PDFNumber,
  type PDFObject,
  type PDFPage,
  PDFRef,
  PDFStream,
  PDFString,
} from 'pdf-lib'
import { isHarmlessLink } from './harmless-link.ts'

export interface CleanedPdf {
  readonly pdf: Uint8Array
  readonly pages: number
  /** There were more pages than allowed; they are gone. */
  readonly cut: boolean
}

const name = PDFName.of
/** ISO 32000-2 7.7.2, table 29: what of the catalog is kept. All that runs, attaches, submits or names files is not. */
const catalogKeys = new Set(
  ['Type', 'Pages', 'Lang', 'OpenAction', 'Dests', 'Names', 'Outlines'].map((key) => name(key)),
)
/** 7.7.3.3, table 31. */
const pageKeys = new Set(
  [
    'Type',
    'Parent',
    'Resources',
    'MediaBox',
    'CropBox',
    'Rotate',
    'Contents',
    'Group',
    'UserUnit',
    'Annots',
  ].map((key) => name(key)),
)
/** 12.5.2 and 12.5.6.5; A and Dest are judged one by one. */
const linkKeys = new Set(
  ['Type', 'Subtype', 'Rect', 'Border', 'C', 'H', 'F', 'QuadPoints'].map((key) => name(key)),
)
/** 12.3.3, table 151. */
const outlineKeys = new Set(
  ['Type', 'Title', 'Parent', 'Prev', 'Next', 'First', 'Last', 'Count', 'C', 'F'].map((key) => name(key)),
)
/** Wherever they stand: actions, associated and embedded files, metadata, an application's private data, scripts. */
const nowhere = ['AA', 'AF', 'EF', 'Metadata', 'PieceInfo', 'JS', 'Launch', 'XFA'].map((key) => name(key))
/** In the dictionary of a stream: content in another file (7.3.8.2), reference XObjects (8.10.4), OPI (14.11.7). */
const nowhereInStreams = ['F', 'FFilter', 'FDecodeParms', 'Ref', 'OPI'].map((key) => name(key))

/**
 * Writes a PDF anew with what a reader needs to see and follow pages, and nothing else. Links go to a page or to an
 * address on the web or for mail. Everything that is not referenced any more is left out, not only unlinked.
 * Throws when it is no PDF, is encrypted, or has no page. The caller bounds time and memory.
 */
export async function cleanPdf(bytes: Uint8Array, maxPages: number): Promise<CleanedPdf> {
  const document = await PDFDocument.load(bytes, { updateMetadata: false, throwOnInvalidObject: true })
  const pageCount = document.getPageCount()
  if (pageCount === 0) throw new Error('No pages')
  for (let index = pageCount - 1; index >= maxPages; index -= 1) {
    const page = document.getPage(index).ref
    document.removePage(index)
    document.context.delete(page) // a destination may still point there
  }
  // pdf-lib 1.17 goes on to list the pages that it has removed.
  const pages = document.getPages().slice(0, maxPages)
  const isPage = isPageOf(pages)
  for (const page of pages) cleanPage(page, isPage)
  cleanCatalog(document, isPage)
  const trailer = document.context.trailerInfo
  document.context.trailerInfo = trailer.Root ? { Root: trailer.Root } : {}
  sweep(document)
  return {
    pdf: await document.save({ addDefaultPage: false, updateFieldAppearances: false }),
    pages: pages.length,
    cut: pageCount > maxPages,
  }
}

type IsPage = (target: PDFObject | undefined) => boolean

function isPageOf(pages: readonly PDFPage[]): IsPage {
  const refs = new Set<PDFObject>(pages.map((page) => page.ref))
  return (target) => target !== undefined && refs.has(target)
}

function keepOnly(dictionary: PDFDict, kept: ReadonlySet<PDFName>): void {
  for (const key of dictionary.keys()) if (!kept.has(key)) dictionary.delete(key)
}

function cleanPage(page: PDFPage, isPage: IsPage): void {
  keepOnly(page.node, pageKeys)
  const annotations = page.node.lookup(name('Annots'))
  page.node.delete(name('Annots'))
  if (!(annotations instanceof PDFArray)) return
  const links: PDFObject[] = []
  for (let index = 0; index < annotations.size(); index += 1) {
    const link = cleanLink(annotations.lookup(index), isPage)
    if (link) links.push(link)
  }
  if (links.length > 0) page.node.set(name('Annots'), page.doc.context.obj(links))
}

/** A new annotation with the harmless entries of a link, or undefined for whatever else it was. */
function cleanLink(annotation: PDFObject | undefined, isPage: IsPage): PDFDict | undefined {
  if (!(annotation instanceof PDFDict) || annotation.lookup(name('Subtype')) !== name('Link'))
    return undefined
  const target = cleanTarget(annotation, isPage)
  if (!target) return undefined
  const link = annotation.context.obj({})
  for (const key of linkKeys) {
    const value = annotation.get(key)
    if (value) link.set(key, value)
  }
  link.set(...target)
  return link
}

/** Where a link or an outline item leads, as the one entry that says so: Dest, or A with an address. */
function cleanTarget(holder: PDFDict, isPage: IsPage): [PDFName, PDFObject] | undefined {
  const destination = cleanDestination(holder.lookup(name('Dest')), holder, isPage)
  if (destination) return [name('Dest'), destination]
  const action = holder.lookup(name('A'))
  if (!(action instanceof PDFDict)) return undefined
  switch (action.lookup(name('S'))) {
    case name('GoTo'): {
      const page = cleanDestination(action.lookup(name('D')), holder, isPage)
      return page ? [name('Dest'), page] : undefined
    }
    case name('URI'): {
      const uri = action.lookup(name('URI'))
      if (!(uri instanceof PDFString || uri instanceof PDFHexString)) return undefined
      const address = Buffer.from(uri.asBytes()).toString('latin1')
      if (!isHarmlessLink(address)) return undefined
      return [
        name('A'),
        holder.context.obj({
          S: 'URI',
          URI: PDFHexString.of(Buffer.from(address, 'latin1').toString('hex')),
        }),
      ]
    }
    default:
      return undefined
  }
}

/** 12.3.2: an array that begins with a page of this document, or the name of a destination in it. */
function cleanDestination(
  destination: PDFObject | undefined,
  holder: PDFDict,
  isPage: IsPage,
): PDFObject | undefined {
  if (
    destination instanceof PDFName ||
    destination instanceof PDFString ||
    destination instanceof PDFHexString
  ) {
    return destination
  }
  if (!(destination instanceof PDFArray) || destination.size() === 0 || !isPage(destination.get(0)))
    return undefined
  const view = destination.asArray().slice(1, 6)
  return holder.context.obj([
    destination.get(0),
    ...view.filter(
      (each) => each instanceof PDFName || each instanceof PDFNumber || each.toString() === 'null',
    ),
  ])
}

function cleanCatalog(document: PDFDocument, isPage: IsPage): void {
  const { catalog, context } = document
  keepOnly(catalog, catalogKeys)
  const opening = catalog.lookup(name('OpenAction'))
  catalog.delete(name('OpenAction'))
  const holder = context.obj({})
  if (opening instanceof PDFArray) holder.set(name('Dest'), opening)
  else if (opening instanceof PDFDict) holder.set(name('A'), opening)
  const target = cleanTarget(holder, isPage)
  if (target?.[0] === name('Dest')) catalog.set(name('OpenAction'), target[1])

  const names = catalog.lookup(name('Names'))
  const destinations = names instanceof PDFDict ? names.get(name('Dests')) : undefined
  catalog.delete(name('Names'))
  if (destinations) catalog.set(name('Names'), context.obj({ Dests: destinations }))

  const outlines = catalog.lookup(name('Outlines'))
  if (outlines instanceof PDFDict) cleanOutlines(outlines, isPage)
  else catalog.delete(name('Outlines'))
}

/** Every item that can be reached; items are few, but a hostile document may tie them into rings. */
function cleanOutlines(root: PDFDict, isPage: IsPage): void {
  const seen = new Set<PDFDict>()
  const waiting: PDFDict[] = [root]
  for (let item = waiting.pop(); item; item = waiting.pop()) {
    if (seen.has(item)) continue
    seen.add(item)
    const target = cleanTarget(item, isPage)
    keepOnly(item, outlineKeys)
    if (target) item.set(...target)
    for (const key of ['First', 'Last', 'Next', 'Prev', 'Parent']) {
      const next = item.lookup(name(key))
      if (next instanceof PDFDict) waiting.push(next)
    }
  }
}

/** Removes what is dangerous anywhere from everything that can be reached, and deletes the rest. */
function sweep(document: PDFDocument): void {
  const { context } = document
  const reached = new Set<PDFObject>()
  const waiting: PDFObject[] = context.trailerInfo.Root ? [context.trailerInfo.Root] : []
  for (let object = waiting.pop(); object; object = waiting.pop()) {
    if (reached.has(object)) continue
    reached.add(object)
    if (object instanceof PDFRef) {
      const target = context.lookup(object)
      if (target) waiting.push(target)
    } else if (object instanceof PDFArray) {
      for (const element of object.asArray()) waiting.push(element)
    } else if (object instanceof PDFDict || object instanceof PDFStream) {
      const dictionary = object instanceof PDFStream ? object.dict : object
      for (const key of nowhere) dictionary.delete(key)
      if (object instanceof PDFStream) for (const key of nowhereInStreams) dictionary.delete(key)
      for (const value of dictionary.values()) waiting.push(value)
    }
  }
  for (const [ref] of context.enumerateIndirectObjects()) if (!reached.has(ref)) context.delete(ref)
}
