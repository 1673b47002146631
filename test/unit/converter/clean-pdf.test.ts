import fc from 'fast-check'
import { PDFDict, PDFDocument, PDFName, PDFString, StandardFonts } from 'pdf-lib'
import { expect, it, test } from 'vitest'
import { cleanPdf } from '../../../src/converter/clean-pdf.ts'

/** A PDF of `pages` pages; `spoil` adds what an engine that was taken over might. */
async function pdfWith(
  pages: number,
  spoil: (document: PDFDocument) => void = () => {},
): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  const font = await document.embedFont(StandardFonts.Helvetica)
  for (let page = 1; page <= pages; page += 1) document.addPage().drawText(`page ${page}`, { font })
  spoil(document)
  return document.save({ useObjectStreams: false })
}

/** All objects of a PDF as text, compressed or not. */
async function textOf(pdf: Uint8Array): Promise<string> {
  const document = await PDFDocument.load(pdf, { updateMetadata: false })
  return document.context
    .enumerateIndirectObjects()
    .map(([, object]) => object.toString())
    .join('\n')
}

function annotate(document: PDFDocument, ...annotations: Record<string, unknown>[]): void {
  const refs = annotations.map((each) => document.context.register(document.context.obj(each as never)))
  document.getPage(0).node.set(PDFName.of('Annots'), document.context.obj(refs))
}

const rect = [0, 0, 10, 10]
const action = (entries: object) => ({ Type: 'Annot', Subtype: 'Link', Rect: rect, A: entries })
const script = { S: 'JavaScript', JS: PDFString.of('app.alert("canary")') }

for (const [what, spoil] of [
  ['a script that runs on opening', (d: PDFDocument) => d.addJavaScript('start', 'app.alert("canary")')],
  ['an opening action', (d: PDFDocument) => d.catalog.set(PDFName.of('OpenAction'), d.context.obj(script))],
  [
    'additional actions of the document',
    (d: PDFDocument) => d.catalog.set(PDFName.of('AA'), d.context.obj({ WC: script })),
  ],
  [
    'additional actions of a page',
    (d: PDFDocument) => d.getPage(0).node.set(PDFName.of('AA'), d.context.obj({ O: script })),
  ],
  ['an attached file', (d: PDFDocument) => void d.attach(Buffer.from('canary'), 'canary.exe')],
  ['a form', (d: PDFDocument) => d.getForm().createTextField('canary').addToPage(d.getPage(0))],
  ['metadata', (d: PDFDocument) => d.setAuthor('canary')],
  ['an unreferenced object', (d: PDFDocument) => void d.context.register(PDFString.of('canary'))],
  [
    'a screen annotation',
    (d: PDFDocument) => annotate(d, { Type: 'Annot', Subtype: 'Screen', Rect: rect, A: script }),
  ],
  ['a script behind a link', (d: PDFDocument) => annotate(d, action(script))],
  [
    'a program behind a link',
    (d: PDFDocument) => annotate(d, action({ S: 'Launch', F: PDFString.of('canary') })),
  ],
  [
    'a chain of actions behind a harmless link',
    (d: PDFDocument) =>
      annotate(d, action({ S: 'URI', URI: PDFString.of('https://example.org/'), Next: script })),
  ],
  [
    'a share behind a link',
    (d: PDFDocument) => annotate(d, action({ S: 'URI', URI: PDFString.of('file://canary/x') })),
  ],
  [
    'a page of another file behind a link',
    (d: PDFDocument) => annotate(d, action({ S: 'GoToR', F: PDFString.of('canary'), D: [0, 'Fit'] })),
  ],
  [
    'a script in the outline',
    (d: PDFDocument) =>
      d.catalog.set(
        PDFName.of('Outlines'),
        d.context.obj({ First: { Title: PDFString.of('t'), A: script } }),
      ),
  ],
  [
    'content in another file',
    (d: PDFDocument) => {
      const picture = d.context.stream(new Uint8Array(1), { Type: 'XObject', F: PDFString.of('canary') })
      d.getPage(0).node.setXObject(PDFName.of('Im1'), d.context.register(picture))
    },
  ],
] as const) {
  it(`removes ${what}`, async () => {
    const spoiled = await pdfWith(2, spoil)
    expect(await textOf(spoiled)).toMatch(/canary|JavaScript|EmbeddedFile|Author|AcroForm/)
    const { pdf, pages } = await cleanPdf(spoiled, 300)
    expect(pages).toBe(2)
    const text = await textOf(pdf)
    expect(text).not.toMatch(
      /canary|JavaScript|\/JS|\/AA|EmbeddedFile|AcroForm|Launch|GoToR|Screen|Widget|Author/,
    )
    expect(text).not.toContain(Buffer.from('canary').toString('hex'))
  })
}

test('links to a page and to the web still work', async () => {
  const { pdf } = await cleanPdf(
    await pdfWith(2, (document) => {
      const second = document.getPage(1).ref
      annotate(
        document,
        { Type: 'Annot', Subtype: 'Link', Rect: rect, Dest: [second, 'Fit'] },
        action({ S: 'GoTo', D: [second, 'Fit'] }),
        action({ S: 'URI', URI: PDFString.of('https://example.org/a') }),
      )
    }),
    300,
  )
  const document = await PDFDocument.load(pdf)
  const links = document.getPage(0).node.Annots()
  const second = document.getPage(1).ref.toString()
  expect(links?.size()).toBe(3)
  expect(links?.lookup(0, PDFDict).get(PDFName.of('Dest'))?.toString()).toContain(second)
  expect(links?.lookup(1, PDFDict).get(PDFName.of('Dest'))?.toString()).toContain(second)
  expect(links?.lookup(2, PDFDict).toString()).toContain(Buffer.from('https://example.org/a').toString('hex'))
})

test('pages above the limit are gone, also for links that led there', async () => {
  const { pdf, pages, cut } = await cleanPdf(
    await pdfWith(5, (document) =>
      annotate(document, {
        Type: 'Annot',
        Subtype: 'Link',
        Rect: rect,
        Dest: [document.getPage(4).ref, 'Fit'],
      }),
    ),
    3,
  )
  expect([pages, cut]).toEqual([3, true])
  expect((await textOf(pdf)).match(/\/Type \/Page\n/g)).toHaveLength(3)
})

test('an outline tied into a ring comes to an end', async () => {
  const ringed = await pdfWith(1, ({ context, catalog }) => {
    const first = context.nextRef()
    const second = context.nextRef()
    context.assign(first, context.obj({ Title: PDFString.of('1'), Next: second, Prev: second }))
    context.assign(second, context.obj({ Title: PDFString.of('2'), Next: first, First: first }))
    catalog.set(PDFName.of('Outlines'), context.register(context.obj({ First: first, Last: second })))
  })
  expect((await cleanPdf(ringed, 300)).pages).toBe(1)
})

for (const [what, bytes] of [
  ['nothing', Buffer.from('')],
  ['a text', Buffer.from('hello')],
  ['a PDF without pages', Buffer.from('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>')],
] as const) {
  it(`refuses ${what}`, async () => {
    await expect(cleanPdf(bytes, 300)).rejects.toThrow()
  })
}

test('a PDF with changed bytes is cleaned or refused', async () => {
  const whole = await pdfWith(1)
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), async (at, byte) => {
      const changed = Uint8Array.from(whole)
      changed[at] = byte
      const cleaned = await cleanPdf(changed, 300).catch(() => undefined)
      if (cleaned) expect(Buffer.from(cleaned.pdf.subarray(0, 5)).toString()).toBe('%PDF-')
    }),
    { numRuns: 60 },
  )
})
