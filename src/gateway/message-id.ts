import { randomBytes } from 'node:crypto'

/** Crockford base32: no I, L, O, U, so that nobody mishears a reference on the telephone. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A fresh name for a message, 60 random bits as XXXX-XXXX-XXXX: in the log, in refusals and in stored rows. */
export function newMessageId(): string {
  const letters = Array.from(randomBytes(12), (byte) => alphabet[byte & 31]).join('')
  return `${letters.slice(0, 4)}-${letters.slice(4, 8)}-${letters.slice(8)}`
}
