const maxCharacters = 120

/**
 * A file name of somebody else as we write and show it: no control characters (they would write lines of their own into
 * a notice), no marks that turn the reading direction (`invoice_fdp.exe` that reads as a PDF), no path, 120 characters at
 * most with the extension kept. Undefined if nothing is left.
 */
export function shownFileName(name: string): string | undefined {
  const clean = name
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffd]/g, '')
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/[/\\]/g, '_')
    .trim()
  if (/^[._ ]*$/.test(clean)) return undefined
  const characters = Array.from(clean)
  if (characters.length <= maxCharacters) return clean
  const extension = /\.[A-Za-z0-9]{1,8}$/.exec(clean)?.[0] ?? ''
  return `${characters.slice(0, maxCharacters - extension.length - 1).join('')}…${extension}`
}
