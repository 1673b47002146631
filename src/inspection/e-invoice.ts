import type { InvoiceFormat } from '../message/facts.ts'
import { findInPdf } from './find-in-pdf.ts'

/** First elements of files that tax software reads, with the namespace that must stand near. */
const xmlFormats: readonly (readonly [element: string, namespace: string, format: InvoiceFormat])[] = [
  ['Invoice', 'urn:oasis:names:specification:ubl:schema:xsd:Invoice-2', 'UBL invoice'],
  ['CreditNote', 'urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2', 'UBL invoice'],
  ['CrossIndustryInvoice', 'urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:', 'CII invoice'],
  ['CrossIndustryDocument', 'urn:ferd:CrossIndustryDocument:invoice:', 'CII invoice'],
  ['Elster', 'http://www.elster.de/', 'ELSTER'],
  ['archive', 'http://xml.datev.de/', 'DATEV'],
  ['LedgerImport', 'http://xml.datev.de/', 'DATEV'],
]

/**
 * Whether a text is an electronic invoice (EN 16931 in UBL or CII, so XRechnung too) or a file of DATEV or ELSTER, by its
 * first bytes. Those are never changed or held; `%PDF-` is looked at by `invoicePdf`.
 */
export function invoiceText(head: Buffer): InvoiceFormat | undefined {
  const isUtf16 = head[0] === 0xff && head[1] === 0xfe
  const text = head.toString(isUtf16 ? 'utf16le' : 'latin1').replace(/^(?:\u00ef\u00bb\u00bf|\ufeff)/, '')
  // The format descriptions of DATEV: EXTF is written by others, DTVF by DATEV itself.
  if (/^"?(?:EXTF|DTVF)"?;\d{3};/.test(text)) return 'DATEV'
  if (!/^\s*</.test(text) || text.includes('mso-application')) return undefined
  const element = rootElement(text)
  if (!element) return undefined
  const local = element.name.replace(/^[^:]*:/, '')
  return xmlFormats.find(([name, namespace]) => name === local && element.tag.includes(namespace))?.[2]
}

/** The tag of the first element: behind declarations, comments and instructions. */
function rootElement(text: string): { name: string; tag: string } | undefined {
  let at = 0
  for (;;) {
    at = text.indexOf('<', at)
    if (at < 0) return undefined
    const end = text.startsWith('<!--', at) ? '-->' : text.startsWith('<?', at) ? '?>' : undefined
    if (end === undefined) break
    const next = text.indexOf(end, at)
    if (next < 0) return undefined
    at = next + end.length
  }
  const close = text.indexOf('>', at)
  const tag = text.slice(at + 1, close < 0 ? undefined : close)
  const name = /^[\w:.-]{1,100}(?=[\s/]|$)/.exec(tag)?.[0]
  return name === undefined ? undefined : { name, tag }
}

/** File names that the standards give the invoice inside a PDF: Factur-X and ZUGFeRD 2, ZUGFeRD 1, XRechnung. */
const invoiceNames = ['factur-x.xml', 'ZUGFeRD-invoice.xml', 'zugferd-invoice.xml', 'xrechnung.xml']

/** Whether a PDF carries an electronic invoice, or a signature that any change would break (ISO 32000-1 12.8.1). */
export function invoicePdf(pdf: Buffer): InvoiceFormat | undefined {
  const found = findInPdf(pdf, [...invoiceNames, '/ByteRange', '/Sig'])
  if (invoiceNames.some((name) => found.has(name))) return 'ZUGFeRD/Factur-X'
  return found.has('/ByteRange') && found.has('/Sig') ? 'signed PDF' : undefined
}
