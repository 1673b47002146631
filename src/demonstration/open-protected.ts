import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { arrivedParts } from './attachments.ts'
import type { SunkMail } from './mail-sink.ts'
import { mustRun, runProgram } from './run-program.ts'
import type { Site } from './start-site.ts'

/** What a recipient's own program shows. */
export interface Opened {
  readonly text: string
  /** What was proven on the way, such as the signer. */
  readonly proof: string
}

export interface OpenedPdf extends Opened {
  /** Name and content of what is attached to the PDF. */
  readonly attachments: ReadonlyMap<string, Buffer>
}

/** Decrypts and verifies as a client's mail program does, with OpenSSL as the judge. */
export async function openSmime(site: Site, mail: SunkMail): Promise<Opened> {
  const { certificateFile, keyFile } = site.builderKeys
  const whole = ['-recip', certificateFile, '-inkey', keyFile]
  const decrypted = await mustRun(['openssl', 'cms', '-decrypt', '-inform', 'SMIME', ...whole], mail.content)
  return verifySignature(site, decrypted)
}

/** Verifies a clear-signed message against the demonstration's authority. */
export async function verifySignature(site: Site, message: Buffer): Promise<Opened> {
  const verify = ['openssl', 'cms', '-verify', '-inform', 'SMIME', '-CAfile', site.authority.certificateFile]
  const signed = await mustRun([...verify, '-purpose', 'smimesign'], message)
  const text = arrivedParts(signed)
    .filter(({ type }) => type.startsWith('text/'))
    .map(({ bytes }) => bytes.toString('utf8'))
    .join('\n')
  return { text, proof: 'signature verified by OpenSSL' }
}

/** Opens the PDF in a mail with a password, after making sure that it does not open without. */
export async function openPdf(
  site: Site,
  mail: SunkMail,
  password: string,
  name: string,
): Promise<OpenedPdf> {
  const pdf = arrivedParts(mail.content).find(({ bytes }) => bytes.subarray(0, 5).toString() === '%PDF-')
  if (!pdf) throw new Error('the mail has no PDF')
  const file = join(site.folders.pictures, `${name}.pdf`)
  mkdirSync(site.folders.pictures, { recursive: true })
  writeFileSync(file, pdf.bytes)
  if (password !== '') {
    // Status 0: a password is required, and the empty one is not it.
    const { status } = await runProgram(['qpdf', '--requires-password', file])
    if (status !== 0) throw new Error('the PDF opens without a password')
  }
  const text = (await mustRun(['pdftotext', '-upw', password, file, '-'])).toString('utf8')
  await mustRun([
    'pdftoppm',
    '-png',
    '-r',
    '70',
    '-l',
    '3',
    '-upw',
    password,
    file,
    join(site.folders.pictures, name),
  ])
  const encryption = password === '' ? '' : await encryptionOf(file, password)
  const attachments = await attachmentsOf(file, password)
  const inside = attachments.size === 0 ? '' : `inside: ${[...attachments.keys()].join(', ')}`
  return { text, proof: [encryption, inside].filter((part) => part !== '').join(', '), attachments }
}

async function attachmentsOf(file: string, password: string): Promise<Map<string, Buffer>> {
  const folder = mkdtempSync(join(tmpdir(), 'postsiegel-attachments-'))
  try {
    // Status 0: all saved; where there is none, poppler says so with another.
    await runProgram(['pdfdetach', '-saveall', '-upw', password, '-o', folder, file])
    return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function encryptionOf(file: string, password: string): Promise<string> {
  const shown = await mustRun(['qpdf', '--show-encryption', `--password=${password}`, file])
  const method = /^stream encryption method: (\S+)/m.exec(shown.toString())?.[1] ?? 'none'
  const revision = /^R = (\d+)/m.exec(shown.toString())?.[1] ?? '?'
  return `${method} R${revision}, does not open without the password`
}

/** The pictures made so far. */
export function pictures(site: Site): string[] {
  return readdirSync(site.folders.pictures)
    .filter((name) => name.endsWith('.png'))
    .sort()
    .map((name) => join(site.folders.pictures, name))
}
