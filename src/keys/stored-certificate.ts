import { type Certificate, readCertificate } from './x509/certificate.ts'

/** Some 10 KiB each: those of the people whom a house writes to in a day, with their authorities. */
const mostKept = 500

// A Map keeps the order of insertion: what is used moves to the end.
const read = new Map<string, Certificate>()

/**
 * A certificate as the store has it, in PEM. What was read lately is remembered by its text: each mail asks for the same
 * few certificates several times, and reading one costs a third of a millisecond. Fails as `readCertificate` does.
 */
export function storedCertificate(pem: string): Certificate {
  const certificate = read.get(pem) ?? readCertificate(pem)
  read.delete(pem)
  read.set(pem, certificate)
  for (const oldest of read.keys()) {
    if (read.size <= mostKept) break
    read.delete(oldest)
  }
  return certificate
}
