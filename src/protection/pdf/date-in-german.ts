import { firstValue } from '../../message/header.ts'
import type { HeaderField } from '../../message/header-field.ts'

// RFC 5322 3.3, with the obsolete zones that programs still write (4.3); a date without a zone means no moment.
const dateTime =
  /^(?:[a-z]{3}\s*,\s*)?\d{1,2}\s+[a-z]{3}\s+\d{4}\s+\d{1,2}:\d{2}(?::\d{2})?\s+(?:[+-]\d{4}|gmt|utc?|z)$/i

const day = new Intl.DateTimeFormat('de-DE', { dateStyle: 'full', timeZone: 'Europe/Berlin' })
const minute = new Intl.DateTimeFormat('de-DE', { timeStyle: 'short', timeZone: 'Europe/Berlin' })

/** The Date field for people in Germany: `Samstag, 21. November 2026, 23:51`; what is no date stays as it is. */
export function dateInGerman(fields: readonly HeaderField[]): string {
  const value = firstValue(fields, 'date') ?? ''
  const bare = value
    .slice(0, 200)
    .replaceAll(/\([^()]*\)/g, ' ')
    .trim()
  const at = dateTime.test(bare) ? Date.parse(bare) : Number.NaN
  return Number.isNaN(at) ? value : `${day.format(at)}, ${minute.format(at)}`
}
