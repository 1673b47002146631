import { type DerElement, MalformedDer } from './read-der.ts'

const utcTime = 0x17
const generalizedTime = 0x18

/** A Time of X.509 and CMS (RFC 5280 4.1.2.5, RFC 5652 11.3): to the second, in UTC. */
export function readTime(element: DerElement | undefined): Date {
  const isShort = element?.tag === utcTime
  const digits = element && Buffer.from(element.content).toString('latin1')
  if (!digits || (!isShort && element.tag !== generalizedTime)) throw new MalformedDer('a time was expected')
  if (!(isShort ? /^\d{12}Z$/ : /^\d{14}Z$/).test(digits)) throw new MalformedDer('broken time')
  // RFC 5280 4.1.2.5.1: two digits are of 1950 to 2049.
  const century = isShort ? (digits < '5' ? '20' : '19') : ''
  const full = century + digits
  const [year, month, day, hour, minute, second] = [0, 4, 6, 8, 10, 12].map((at) =>
    Number(full.slice(at, at === 0 ? 4 : at + 2)),
  ) as [number, number, number, number, number, number]
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  // Date counts on where a month ends: 31 February is no date.
  if (
    date.getUTCMonth() !== month - 1 ||
    date.getUTCDate() !== day ||
    hour > 23 ||
    minute > 59 ||
    second > 59
  )
    throw new MalformedDer('a time that does not exist')
  return date
}
