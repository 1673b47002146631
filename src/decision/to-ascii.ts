/** German as it is written without umlauts; SMTP replies are printable ASCII (RFC 5321 4.2). */
const spelledOut: ReadonlyMap<string, string> = new Map([
  ['ä', 'ae'],
  ['ö', 'oe'],
  ['ü', 'ue'],
  ['Ä', 'Ae'],
  ['Ö', 'Oe'],
  ['Ü', 'Ue'],
  ['ß', 'ss'],
  ['ẞ', 'SS'],
  ['–', '-'],
  ['—', '-'],
  ['’', "'"],
  ['„', '"'],
  ['“', '"'],
  ['”', '"'],
  ['€', 'EUR'],
  ['æ', 'ae'],
  ['ø', 'o'],
])

/** `text` in at most `limit` printable ASCII characters: umlauts spelled out, accents dropped, the rest a question mark. */
export function toAscii(text: string, limit: number): string {
  const spelled = text
    .normalize('NFC')
    .replaceAll(/[^ -~]/g, (character) => spelledOut.get(character) ?? character)
  return spelled
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[^ -~]/gu, '?')
    .trim()
    .slice(0, limit)
}
