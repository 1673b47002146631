import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { TemporaryFailure } from '../../failure.ts'
import type { PdfPassword } from '../../storage/pdf-passwords.ts'
import { deriveOwner, unwrapFileKey, wrapFileKey, wrapKeyOf } from './derive.ts'
import { findEncryptionDictionary, rewriteStrings } from './encryption-dictionary.ts'

/** A file that goes into the container; `name` is what the reader sees. */
export interface EmbeddedFile {
  readonly file: string
  readonly name: string
  readonly mimeType: string
}

const qpdfLimitMs = 120_000

/**
 * Packs a page file and attachments into one AES-256 (R6) container for a password we do not know: qpdf encrypts under
 * a random password, then U, UE, O and OE are rewritten from what was derived when the recipient chose theirs. The
 * finished file must refuse the empty password and open with its random owner password, or nothing is sent.
 * All files lie in `folder`, which is private. Returns the container's path.
 */
export async function sealContainer(
  folder: string,
  pageFile: string,
  attachments: readonly EmbeddedFile[],
  password: PdfPassword,
  signal: AbortSignal,
): Promise<string> {
  const container = join(folder, 'container.pdf')
  const passing = randomBytes(24).toString('hex')
  const owner = randomBytes(32).toString('hex')
  await qpdf(['@-'], argumentLines(pageFile, container, attachments, passing, owner), signal)
  const found = await findEncryptionDictionary(container)
  const fileKey = unwrapFileKey(found.ue.bytes, wrapKeyOf(passing, found.u.bytes))
  const ownerStrings = deriveOwner(owner, password.u)
  await rewriteStrings(container, [
    [found.u, password.u],
    [found.ue, wrapFileKey(fileKey, password.wrapKey)],
    [found.o, ownerStrings.o],
    [found.oe, wrapFileKey(fileKey, ownerStrings.wrapKey)],
  ])
  await checkContainer(container, password, fileKey, owner, signal)
  return container
}

/**
 * qpdf's arguments, one a line, for its standard input: arguments on the command line are visible to every process.
 * A line break in a name would begin another argument, so there is none.
 */
function argumentLines(
  pageFile: string,
  container: string,
  attachments: readonly EmbeddedFile[],
  user: string,
  owner: string,
): string {
  // Deflating what is compressed already costs most of qpdf's time and gains nothing.
  const compressed =
    attachments.length > 0 && attachments.every(({ mimeType }) => !/^(?:text|message)\//.test(mimeType))
  const embedded = attachments.flatMap(({ file, name, mimeType }, index) => [
    '--add-attachment',
    file,
    `--filename=${name}`,
    `--mimetype=${mimeType}`,
    `--key=attachment-${index + 1}`,
    '--',
  ])
  const lines = [
    pageFile,
    // Classic trailer and table: the encryption dictionary must be found by number (encryption-dictionary.ts).
    '--object-streams=disable',
    ...(compressed ? ['--compress-streams=n'] : []),
    ...embedded,
    ...['--encrypt', user, owner, '256', '--'],
    container,
  ]
  return `${lines.map((line) => line.replaceAll(/\p{Cc}/gu, ' ')).join('\n')}\n`
}

/** An AES-256 file whose owner password is empty opens without any: qpdf issue 501. So each one is tried. */
async function checkContainer(
  container: string,
  password: PdfPassword,
  fileKey: Uint8Array,
  owner: string,
  signal: AbortSignal,
): Promise<void> {
  const found = await findEncryptionDictionary(container)
  if (!Buffer.from(unwrapFileKey(found.ue.bytes, password.wrapKey)).equals(fileKey)) {
    throw new Error('the container does not open with its password')
  }
  await qpdf(['--password-file=-', '--check', container], `${owner}\n`, signal)
  // Exit code 0: a password other than the empty one is required; 2: not encrypted; 3: the empty one opens it.
  const { code } = await runQpdf(['--requires-password', container], '', signal)
  if (code !== 0) throw new Error(`the container opens without a password (qpdf says ${code})`)
}

async function qpdf(args: readonly string[], input: string, signal: AbortSignal): Promise<void> {
  const { code, complaint } = await runQpdf(args, input, signal)
  // 3 is "warnings": the file was written, but something about the page file was odd. That is not what we made.
  if (code !== 0) throw notMade(new Error(`qpdf ended with ${code}: ${complaint}`))
}

function notMade(cause: unknown): TemporaryFailure {
  return new TemporaryFailure('3.0', 'The protected document could not be made', { cause })
}

const maxComplaintCharacters = 2000

function runQpdf(
  args: readonly string[],
  input: string,
  signal: AbortSignal,
): Promise<{ readonly code: number; readonly complaint: string }> {
  return new Promise((resolve, reject) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(qpdfLimitMs)])
    const child = spawn('qpdf', args, { stdio: ['pipe', 'ignore', 'pipe'], signal: limit })
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, maxComplaintCharacters)
    })
    // Settled when it has ended, not when it is told to: until then it may still write into the folder.
    let failure: TemporaryFailure | undefined
    child.on('error', (cause) => {
      failure = notMade(cause)
    })
    child.on('close', (code) => (failure ? reject(failure) : resolve({ code: code ?? 255, complaint })))
    child.stdin.on('error', () => undefined) // it may end without reading; its exit code says why
    child.stdin.end(input)
  })
}
