/** Entities that stand inside words and numbers in mail; others count as they are written. */
const named: Readonly<Record<string, string>> = {
  nbsp: ' ',
  shy: '',
  ensp: ' ',
  emsp: ' ',
  thinsp: ' ',
  zwnj: '',
  zwj: '',
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  Auml: 'Ä',
  Ouml: 'Ö',
  Uuml: 'Ü',
  szlig: 'ß',
  ndash: '-',
  mdash: '-',
}

/**
 * The text of HTML, for detectors, never for people: without tags and comments. Once with nothing in the place of a
 * tag, because `DE<b>89</b>` is one word, and once with a blank, because two cells are two.
 */
export function textsOfHtml(html: string): readonly [string, string] {
  const pieces = piecesBetweenTags(html).map(withoutEntities)
  return [pieces.join(''), pieces.join(' ')]
}

/** In one pass: whatever never ends is looked for once, and what it seems to hold is text. */
function piecesBetweenTags(html: string): string[] {
  const pieces: string[] = []
  const lastTagEnd = html.lastIndexOf('>')
  const lastCommentEnd = html.lastIndexOf('-->')
  let at = 0
  for (let open = html.indexOf('<'); open >= 0 && open < lastTagEnd; open = html.indexOf('<', at)) {
    // HTML 13.2.5.6: anything else behind "<" makes it a character.
    const isTag = /[a-z!/?]/i.test(html[open + 1] ?? '')
    const isComment = html.startsWith('<!--', open) && open + 4 <= lastCommentEnd
    pieces.push(html.slice(at, isTag ? open : open + 1))
    if (isComment) at = html.indexOf('-->', open + 4) + 3
    else at = isTag ? html.indexOf('>', open) + 1 : open + 1
  }
  pieces.push(html.slice(at))
  return pieces
}

function withoutEntities(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));?/gi,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return named[name] ?? whole
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}
