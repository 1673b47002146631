import type { ByteSource } from '../message/byte-source.ts'

/** A letter in HTML has some kilobytes; pictures inside make it larger. */
const maxBytes = 4 * 1024 * 1024

/**
 * The text of a web page that bears the name of an Office file, as old report programs send them; undefined for all
 * else. LibreOffice would fetch what it links to, so such a page goes the way of HTML, which loads nothing.
 */
export function webPage(content: ByteSource): string | undefined {
  const head = Buffer.from(content.read(0, 1024)).toString('latin1')
  if (!/^(?:\u00ef\u00bb\u00bf)?\s*<(?:!doctype html|html)[\s>]/i.test(head) || content.size > maxBytes)
    return undefined
  const bytes = content.read(0, content.size)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}
