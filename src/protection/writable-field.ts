import type { HeaderField } from '../message/header-field.ts'

/**
 * Whether a field from inside can become one of the message: a name and folds as RFC 5322 2.2 has them, lines of 998
 * bytes. Everything else would break the header that Postfix keeps, or be refused by it.
 */
export function isWritable({ name, value }: HeaderField): boolean {
  const lines = `${name}:${value}`.split(/\r?\n/)
  return (
    /^[!-9;-~]{1,100}$/.test(name) &&
    value.length < 16 * 1024 &&
    !lines.some(hasControls) &&
    lines.every((line, index) => line.length <= 998 && (index === 0 || /^[ \t].*[^ \t]/.test(line)))
  )
}

/** Also a lone CR; a tab is none. */
function hasControls(line: string): boolean {
  for (let at = 0; at < line.length; at += 1) {
    const code = line.charCodeAt(at)
    if (code < 0x20 && code !== 9) return true
  }
  return false
}
