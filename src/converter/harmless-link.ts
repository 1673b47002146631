const maxLength = 2048
/** RFC 6068 2: header fields of a mailto address that only fill in what the writer sees. */
const mailFields = new Set(['subject', 'body', 'cc', 'to'])

/**
 * Whether a link in a converted document may stay: an absolute address on the web or for mail. Not file:, smb:,
 * javascript:, or the schemes that start other programs (search-ms:, ms-word:), nor a mailto that attaches a file,
 * which some mail programs obey.
 */
export function isHarmlessLink(address: string): boolean {
  // Printable ASCII only: a reader must see what a parser sees. White space inside is dropped by some and not by others.
  if (address.length > maxLength || !/^[\x21-\x7e]+$/.test(address)) return false
  const url = URL.parse(address)
  switch (url?.protocol) {
    case 'http:':
    case 'https:':
      // With a backslash, or without the two slashes, programs disagree on where the host ends.
      return /^https?:\/\/[^\\]+$/i.test(address)
    case 'mailto:':
      return [...url.searchParams.keys()].every((field) => mailFields.has(field.toLowerCase()))
    default:
      return false
  }
}
