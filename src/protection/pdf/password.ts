/** A password as PDF readers need it, or why it cannot be one; `remedy` is shown to whoever chose it. */
export type PasswordVerdict =
  | { readonly kind: 'usable'; readonly password: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly remedy: string }

/** ISO 32000-2 7.6.4.3.3 cuts at 127 bytes; some readers cut at 32 characters, so long ones gain nothing. */
const maxBytes = 127
const minCharacters = 12
/** Of 2^50 guesses, a year of a hundred graphics cards, remains a margin; a PDF allows no slower hash. */
const minBits = 50

/** Controls, formats (zero width, soft hyphen), unassigned, private, spaces but the ordinary one, pictures. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Extended_Pictographic}]|(?! )\p{Zs}/u
const variationSelector = /\p{Variation_Selector}/u

/**
 * Normalises (NFKC) and judges a password that a person chose. Readers disagree about what SASLprep changes (soft
 * hyphen, zero-width characters, spaces beyond ASCII), so whatever it would change is refused (RFC 4013).
 */
export function judgePassword(chosen: string, knownWords: readonly string[]): PasswordVerdict {
  const password = chosen.normalize('NFKC')
  if (unsafe.test(password) || variationSelector.test(password)) {
    return refused(
      'characters that readers treat differently',
      'use letters, digits, signs and ordinary spaces only',
    )
  }
  if (new TextEncoder().encode(password).length > maxBytes) {
    return refused(`more than ${maxBytes} bytes`, 'PDF readers cut longer passwords: use a shorter one')
  }
  if ([...password].length < minCharacters) {
    return refused(
      `fewer than ${minCharacters} characters`,
      'several unrelated words are easy to remember and long enough',
    )
  }
  const lower = password.toLowerCase()
  const known = knownWords.map((word) => word.toLowerCase()).filter((word) => word.length >= 4)
  const rest = known.reduce((text, word) => text.replaceAll(word, ''), lower)
  if (estimatedBits(rest) < minBits) {
    return refused('too easy to guess', 'use several unrelated words, without names, dates and rows of keys')
  }
  return { kind: 'usable', password }
}

function refused(reason: string, remedy: string): PasswordVerdict {
  return { kind: 'refused', reason, remedy }
}

const rows = [
  'qwertzuiopü',
  'qwertyuiop',
  'asdfghjklöä',
  'yxcvbnm',
  'zxcvbnm',
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
]
const common =
  /pass(?:wor[td])?|passwort|kennwort|geheim|willkommen|hallo|schatz|sommer|winter|fr[uü]hling|herbst|januar|februar|m[aä]rz|april|august|september|oktober|november|dezember|admin|master|secret|welcome|letmein|iloveyou|(?:19|20)\d\d/g

/**
 * A cautious guess at the entropy: each character that continues a repetition or a row of keys, and each common
 * word, counts as little as an attacker's dictionary makes it.
 */
function estimatedBits(password: string): number {
  const shortened = password.replaceAll(common, '*')
  const characters = [...shortened]
  let bits = 0
  characters.forEach((character, index) => {
    const before = characters[index - 1] ?? ''
    const continues = character === before || rows.some((row) => inRow(row, before, character))
    bits += continues ? 0.5 : bitsOf(character)
  })
  // The same piece again and again adds nothing: count what a simple repetition would leave.
  const different = new Set(characters).size
  return Math.min(bits, different * 6)
}

function inRow(row: string, before: string, character: string): boolean {
  if (before === '') return false
  const at = row.indexOf(before)
  return at >= 0 && (row[at + 1] === character || row[at - 1] === character)
}

function bitsOf(character: string): number {
  if (/\d/.test(character)) return 3.3
  if (/\p{L}/u.test(character)) return 4.2
  return 5
}
