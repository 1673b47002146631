/** Of the 255 bytes that file systems allow; the rest is for the mark and the ending. */
const mostNameBytes = 150
/** Far more than the name that is left; keeps what follows cheap. */
const mostCharacters = 1000

/** Names that Windows opens as devices whatever their ending is (learn.microsoft.com, "Naming Files"). */
const device = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/i

/**
 * A name from a mail as one component of a path, on Linux and on a share that Windows opens: no separator, no control
 * or direction character, no device, never hidden. `mark` goes before the ending and tells alike names apart.
 */
export function safeFileName(name: string, mark = ''): string {
  const plain = trimmed(
    name
      .slice(-mostCharacters)
      .normalize('NFC')
      .replace(/[\p{C}\p{Zl}\p{Zp}/\\:*?"<>|]/gu, '_')
      .replace(/\p{Z}/gu, ' '),
  )
  const [, base = '', ending = ''] = /^(.*?)(\.[A-Za-z0-9]{1,10})?$/s.exec(plain) ?? []
  const short = trimmed(cut(base, mostNameBytes)) || 'ohne Namen'
  const isDevice = device.test((short.split('.')[0] ?? '').trim())
  return `${isDevice ? '_' : ''}${short}${mark}${ending}`
}

/** Leading dots hide a file, trailing dots and blanks are dropped by Windows. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && '. '.includes(text.charAt(start))) start++
  while (end > start && '. '.includes(text.charAt(end - 1))) end--
  return text.slice(start, end)
}

/** The longest beginning of whole characters that fits. */
function cut(text: string, bytes: number): string {
  let result = ''
  let used = 0
  for (const character of text) {
    used += new TextEncoder().encode(character).length
    if (used > bytes) break
    result += character
  }
  return result
}
