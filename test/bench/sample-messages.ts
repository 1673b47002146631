import { randomBytes } from 'node:crypto'
import { compose } from '../../src/demonstration/compose.ts'

/** A letter of about 1 KB before it is signed: text only. */
export function smallMessage(from: string, to: string): Promise<Buffer> {
  const text = 'Sehr geehrte Frau Weber, anbei wie besprochen die Zahlen des Quartals.\n'.repeat(9)
  return compose({ from, to: [to], subject: 'Zahlen', text })
}

/** A letter with an attachment that no compression shrinks, `bytes` in all. */
export function largeMessage(from: string, to: string, bytes: number): Promise<Buffer> {
  // base64 takes 78 bytes for 57; the rest is header.
  const content = randomBytes(Math.floor(((bytes - 900) * 57) / 78))
  const attachment = { fileName: 'aufnahme.bin', content, type: 'application/octet-stream' }
  return compose({ from, to: [to], subject: 'Aufnahme', text: 'Anbei die Aufnahme.\n', attachment })
}
