/** Eleven digits in one, or as they are printed: 12 345 678 901. */
const candidate =
  /(?<![\p{L}\p{N}])[1-9][0-9](?:[0-9]{9}|([\s/-])[0-9]{3}\1[0-9]{3}\1[0-9]{3})(?![\p{L}\p{N}])/gu

/**
 * Whether a text contains a German tax identification number (§ 139b AO): of its first ten digits one stands twice or three
 * times, not three times in a row, all others at most once; the last is a check digit by ISO 7064 MOD 11,10.
 */
export function holdsTaxId(text: string): boolean {
  for (const [match] of text.matchAll(candidate)) if (isTaxId(match.replace(/[^0-9]/g, ''))) return true
  return false
}

function isTaxId(digits: string): boolean {
  const first = digits.slice(0, 10)
  const repeated = Array.from('0123456789', (digit) => first.split(digit).length - 1).filter(
    (count) => count > 1,
  )
  const [count = 0] = repeated
  if (repeated.length !== 1 || count > 3 || /(.)\1\1/.test(first)) return false
  let product = 10
  for (const digit of first) {
    const sum = (Number(digit) + product) % 10 || 10
    product = (sum * 2) % 11
  }
  return (11 - product) % 10 === Number(digits[10])
}
