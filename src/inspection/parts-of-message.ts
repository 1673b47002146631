import { MailFailure } from '../failure.ts'
import type { MimeTree } from '../message/mime-part.ts'
import { MimeScanner } from '../message/mime-scanner.ts'

/** The tree of a message, or of a MIME entity, that is in memory; undefined above the limits of a message. */
export function partsOfMessage(bytes: Uint8Array): MimeTree | undefined {
  const scanner = new MimeScanner()
  try {
    scanner.push(bytes)
    return scanner.end()
  } catch (error) {
    if (error instanceof MailFailure) return undefined
    throw error
  }
}
