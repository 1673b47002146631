/** Tells whether a JSON text names one of some ways to write an address, and takes them out of it. */
export interface AddressInText {
  isIn(text: string): boolean
  erasedFrom(text: string): string
}

/** Stands where an address was; `.invalid` belongs to nobody (RFC 2606 2). */
export const erasedAddress = 'erased@address.invalid'

/**
 * Whole addresses only: `ann@example.org` is not in `joann@example.org`, nor in `ann@example.org.example`. What stands
 * around one in a sentence does not hide it.
 */
export function addressInText(forms: readonly string[]): AddressInText {
  const alternatives = [...new Set(forms)]
    .map((form) =>
      JSON.stringify(form)
        .slice(1, -1)
        .replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'),
    )
    .join('|')
  const pattern = `(?<![\\p{L}\\p{N}!#$%&*+=?^_\`{|}~.-])(?:${alternatives})(?![\\p{L}\\p{N}_-]|\\.[\\p{L}\\p{N}])`
  const [first, all] = [new RegExp(pattern, 'iu'), new RegExp(pattern, 'giu')]
  return {
    isIn: (text) => first.test(text),
    erasedFrom: (text) => text.replace(all, erasedAddress),
  }
}
