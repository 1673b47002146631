/** One line for a terminal: what came from outside must not move its cursor, write titles or begin lines of its own. */
export function printable(line: string): string {
  return line.replaceAll(/\p{C}/gu, '?')
}

/** A whole answer: its line ends stay. In JSON the escapes mean the same characters as before. */
export function printableText(text: string): string {
  return text.replaceAll(
    /[^\P{Cc}\n]|\p{Bidi_Control}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
