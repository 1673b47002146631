/** Characters that look like the Latin ones in front of them, all in lower case. */
const lookLike = `
  a аɑαａ  b Ьвʙβ  c сϲᴄⲥ  d ԁđɗժ  e еєεҽ℮  f ƒſքϝ  g ɡɢցǥ  h һнհħʜ  i іιıɩї  j јϳյ  k кκᴋ  l ӏⅼłǀ|ł
  m мⅿʍ  n ոηռп  o оοօσ০٥ס  p рρթþ  q ԛզգ  r гᴦяʀ  s ѕꜱʂ  t тτŧτ  u υսцʋ  v ѵνᴠⅴ  w ԝωшѡա  x хχⅹ  y уγүʏ  z ᴢʐզ
`

/** Digits and pairs of letters that are read as something else at a glance. */
const readAs: readonly (readonly [RegExp, string])[] = [
  [/0/g, 'o'],
  [/1/g, 'l'],
  [/3/g, 'e'],
  [/5/g, 's'],
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/cl/g, 'd'],
]

const latinFor: ReadonlyMap<string, string> = new Map(
  [...lookLike.matchAll(/(\S) (\S+)/g)].flatMap(([, latin = '', others = '']) =>
    Array.from(others, (other) => [other, latin] as const),
  ),
)
const spelledOut: ReadonlyMap<string, string> = new Map([
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['ß', 'ss'],
  ['ø', 'o'],
  ['ĸ', 'k'],
])

/**
 * What a name looks like: two names with one skeleton cannot be told apart at a glance (the idea of UTS #39, 4). The table
 * is our own and covers what matters in names here: Cyrillic, Greek and Armenian letters that look like Latin ones, some
 * further Latin letters, accents (an ü is a u), digits for letters (0, 1, 3, 5) and rn, vv, cl. Width, case, joiners and
 * marks of direction do not count. Not covered: scripts that look like nothing here, and letters that only rhyme.
 */
export function skeletonOf(text: string): string {
  let skeleton = ''
  for (const character of plainLetters(text).normalize('NFD').replaceAll(/\p{M}/gu, ''))
    skeleton += latinFor.get(character) ?? spelledOut.get(character) ?? character
  for (const [seen, read] of readAs) skeleton = skeleton.replaceAll(seen, read)
  return skeleton
}

/** Lower case, one width, and nothing that cannot be seen. */
export function plainLetters(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFKC')
    .replaceAll(/\p{Default_Ignorable_Code_Point}|\p{Cf}/gu, '')
    .toLowerCase()
}

const scripts = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Armenian}/u]

/** Whether a word has letters of two scripts that look alike, which no language writes (UTS #39, 5). */
export function mixesScripts(word: string): boolean {
  return scripts.filter((script) => script.test(word)).length > 1
}
