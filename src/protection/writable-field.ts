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
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly they are looked for
    !/[\0-\x08\x0b\x0c\x0e-\x1f]|\r(?!\n)/.test(value) &&
    lines.every((line, index) => line.length <= 998 && (index === 0 || /^[ \t].*[^ \t]/.test(line)))
  )
}
