import { plainLetters, skeletonOf } from './skeleton.ts'

/** A mail address as people write one; what stands in a display name need not obey any syntax. */
const address = /[^\s<>"'(),;:|@[\]]+@(?:[\p{L}\p{N}_-]+\.)+[\p{L}\p{N}-]{2,}/gu
/** A display name has some dozen characters; what is longer is looked at no further. */
const longestName = 300

/** The addresses that a display name shows, in lower case. */
export function addressesShown(name: string): string[] {
  return plainLetters(name.slice(0, longestName)).match(address) ?? []
}

/** Titles, functions and forms of address (without their dots), which some write and others do not. */
const honorifics = new Set(
  `
  herr herrn frau fraeulein dr prof professor dres dipl diplom kfm kffr ing kaufmann kauffrau fh bsc msc ba ma mba llm bc
  magister mag dott med jur rer pol nat oec phil habil hc mult dent vet stb ra rae wp vbp fastr fa stbin rain
  steuerberater steuerberaterin rechtsanwalt rechtsanwaeltin wirtschaftspruefer wirtschaftsprueferin fachanwalt notar notarin
  geschaeftsfuehrer geschaeftsfuehrerin geschaeftsfuehrung inhaber inhaberin vorstand partner mr mrs ms sir ceo cfo
  von van de der den zu zur vom und and
  `
    .trim()
    .split(/\s+/),
)

/** Words that name an office, not a person: many firms have the same. */
const offices = new Set(
  `
  info mail email post office kontakt contact service services kundenservice kundenbetreuung support team buchhaltung rechnung rechnungen
  rechnungswesen invoice billing newsletter news noreply no reply donotreply not do bestellung bestellungen order orders shop
  online vertrieb sales marketing verwaltung sekretariat empfang zentrale bewerbung personal personalabteilung hr admin
  administrator postmaster webmaster hostmaster it edv portal system systeme kanzlei steuerkanzlei steuerberatung praxis
  gmbh ag kg ohg gbr mbh co ug via im auftrag fuer for on behalf of abteilung department security alert
  `
    .trim()
    .split(/\s+/),
)

/**
 * One form for all ways to write a person's name: `Müller, Max`, `Dr. Max F. Mueller`, `MAX MÜLLER | Kanzlei Muster` and a
 * name with letters of another alphabet that look the same. Undefined where it is no name of a person with at least two words.
 */
export function personKey(displayName: string): string | undefined {
  const name = plainLetters(displayName.slice(0, longestName))
    // What stands behind the name: firm, place, function.
    .replaceAll(/\([^)]*\)|\[[^\]]*\]|<[^>]*>/g, ' ')
    .replace(/\s[-–—|/·•@]\s.*$/u, '')
    .replace(/[|/•].*$/u, '')
    .replace(/["„“”]/gu, ' ')
  if (name.includes('@')) return undefined
  const words = name
    .replaceAll(/['’`´.]/gu, (mark) => (mark === '.' ? ' ' : ''))
    .split(/[\s,;_+-]+/u)
    .map(spelled)
    .filter((word) => Array.from(word).length > 1 && !honorifics.has(word) && !offices.has(word))
    .map((word) => foldedUmlauts(skeletonOf(word)))
  if (words.length < 2 || words.length > 5 || !words.every((word) => /^[\p{L}\p{N}]+$/u.test(word)))
    return undefined
  return words.toSorted().join(' ')
}

/** Umlauts as in the lists above. */
function spelled(word: string): string {
  return word
    .normalize('NFC')
    .replaceAll('ä', 'ae')
    .replaceAll('ö', 'oe')
    .replaceAll('ü', 'ue')
    .replaceAll('ß', 'ss')
}

/** Mueller, Müller and Muller are one to whoever reads in haste. */
function foldedUmlauts(word: string): string {
  return word.replaceAll(/([aou])e/g, '$1')
}
