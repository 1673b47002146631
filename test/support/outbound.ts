import type { Treatment } from '../../src/decision/outcome.ts'
import type { Ways } from '../../src/keys/find-ways.ts'

/** A mail that leaves in the clear as it is; a test says what it wants of it. */
export function treatment(change: Partial<Treatment> = {}): Treatment {
  return {
    protection: 'none',
    sign: false,
    byAuthor: false,
    office: 'pass',
    signatureForm: 'clear',
    cipher: 'auto',
    keyTransport: 'auto',
    autocrypt: false,
    headerProtection: false,
    neutralSubject: false,
    ...change,
  }
}

/** A recipient of whom nothing is known. */
export const noWays: Ways = { certificates: [], openpgp: [], password: undefined, reasons: [] }
