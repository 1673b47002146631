/** Area, date of birth, first letter of the name at birth, serial number, check digit: 15 070649 C 103. */
const candidate =
  /(?<![\p{L}\p{N}])([0-9]{2})[\s-]?([0-9]{2})([0-9]{2})([0-9]{2})[\s-]?([a-z])[\s-]?([0-9]{2})([0-9])(?![\p{L}\p{N}])/giu

const weights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]

/**
 * Whether a text contains a German social security number (Versicherungsnummer, § 147 SGB VI) with its check digit as § 4
 * VKVV computes it. A month of birth may be 00 where it is not known.
 */
export function holdsSocialSecurityNumber(text: string): boolean {
  for (const [, area = '', day = '', month = '', year = '', letter = '', serial = '', check] of text.matchAll(
    candidate,
  )) {
    if (Number(month) > 12) continue
    const place = letter.toUpperCase().charCodeAt(0) - 64
    const digits = `${area}${day}${month}${year}${String(place).padStart(2, '0')}${serial}`
    if (checkDigit(digits) === Number(check)) return true
  }
  return false
}

/** The sums of the digits of all products, modulo 10. */
function checkDigit(digits: string): number {
  const sum = weights.reduce((total, weight, index) => {
    const product = weight * Number(digits[index])
    return total + Math.floor(product / 10) + (product % 10)
  }, 0)
  return sum % 10
}
