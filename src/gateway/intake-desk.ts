import type { GatheredFacts } from '../inspection/gather-facts.ts'
import type { SubmittedKey } from '../keys/intake/keys-in-submission.ts'
import { hashOfCode } from '../keys/intake/proof-code.ts'
import {
  intakeId,
  type ReadSubmission,
  readSubmission,
  type SubmissionMail,
} from '../keys/intake/read-submission.ts'
import { nothingFoundText, wrongCodeText } from '../keys/intake/texts.ts'
import { hasTrust } from '../keys/keys-in-force.ts'
import { canonicalAddress } from '../keys/x509/certificate.ts'
import type { ReceivedMessage } from '../message/received-message.ts'
import type { Intake } from '../storage/intakes.ts'
import { answerOnce, houseOf, type IntakeParts, settle } from './intake-parts.ts'
import { addressOf } from './judge-inbound.ts'
import { workOnIntakes } from './work-on-intakes.ts'

/** Where certificates and keys from outside come in. */
export interface IntakeDesk {
  /** undefined: the mail is not for the intake address. Changes nothing. */
  readonly read: (message: ReceivedMessage, gathered: GatheredFacts) => Promise<ReadSubmission | undefined>
  /** Keeps what an accepted mail brings, before it is accepted. Repeated for the same mail, it changes nothing more. */
  readonly keep: (submission: ReadSubmission) => Promise<KeptSubmission>
}

export interface KeptSubmission {
  /** For the decision record. */
  readonly lines: readonly string[]
  /** Once it is accepted: checks and answers. Nobody waits for it, and it never fails. */
  readonly goOn: () => Promise<void>
}

/** Open ones, and those of a day. Nobody has so many; who sends more wants to fill the store. */
const mostAtOnce = 16
const dayMs = 86_400_000
const mostWrongCodes = 5

export function openIntakeDesk(parts: IntakeParts): IntakeDesk {
  const own = canonicalAddress(parts.intake.address)
  return {
    async read(message, { facts, opened }) {
      const isForIt = message.recipients.some(
        (each) => own !== undefined && canonicalAddress(addressOf(each) ?? '') === own,
      )
      return isForIt ? readSubmission(message, facts, opened) : undefined
    },
    async keep(submission) {
      if (submission.kind !== 'submission') return { lines: ['intake: not worked on'], goOn: async () => {} }
      const codes = await keepCodes(submission, parts)
      const keys = await keepKeys(submission, parts)
      return {
        lines: [...codes, ...keys],
        async goOn() {
          try {
            await sayWhatIsMissing(submission, codes.length > 0, parts)
          } catch (error) {
            parts.onError(error)
          }
          await workOnIntakes(parts, submission.author)
        },
      }
    },
  }
}

/** The codes of ours that came back. */
async function keepCodes(submission: SubmissionMail, { intakes, now }: IntakeParts): Promise<string[]> {
  const hashes = new Set(submission.codes.map(hashOfCode))
  const lines: string[] = []
  for (const found of hashes.size > 0 ? await intakes.ofAuthor(submission.author) : []) {
    const { id, proof } = found
    if (!proof || !hashes.has(proof.codeHash) || proof.until < now()) continue
    // Quick people answer while what was received becomes what is being proved.
    const isKept =
      found.isProven ||
      (await intakes.change(id, 'received', { isProven: true })) ||
      (await intakes.change(id, 'proving', { isProven: true }))
    if (isKept) lines.push(`intake ${id}: proven`)
  }
  return lines
}

async function keepKeys(submission: SubmissionMail, parts: IntakeParts): Promise<string[]> {
  const { author, digest } = submission
  const lines: string[] = []
  for (const key of submission.keys) {
    const id = intakeId(digest, key.fingerprint)
    const before = await parts.intakes.ofAuthor(author)
    const again = before.some((each) => each.id === id)
    const open = before.filter(({ settledAt }) => settledAt === undefined)
    if (!again) {
      if (await isNothingNew(key, submission, open, parts)) continue
      const recent = before.filter(
        ({ settledAt, receivedAt }) =>
          settledAt === undefined || receivedAt.getTime() > parts.now().getTime() - dayMs,
      )
      if (recent.length >= mostAtOnce) {
        lines.push(`intake: ${key.kind} ${key.fingerprint.slice(0, 16)} left out, too many at once`)
        continue
      }
      await parts.intakes.add(await newIntake(id, key, submission, parts))
      // Whoever sends it again has lost our mail, or could not open it: only the latest code counts.
      for (const older of open)
        if (older.fingerprint === key.fingerprint && older.state === 'proving')
          await settle(older, 'proving', { state: 'refused', reason: 'sent again' }, parts)
    }
    lines.push(`intake ${id}: ${key.kind} ${key.fingerprint.slice(0, 16)}`)
  }
  return lines
}

/** Signatures and Autocrypt fields come with every mail of some programs, also with a reply and beside the next certificate. */
async function isNothingNew(
  { fingerprint, cameBy }: SubmittedKey,
  { isReply, author, keys }: SubmissionMail,
  open: readonly Intake[],
  { keyStore }: IntakeParts,
): Promise<boolean> {
  const same = open.filter((each) => each.fingerprint === fingerprint)
  // It is worked on, or has just been proved by this very mail.
  if (same.some(({ state, isProven }) => state !== 'proving' || isProven)) return true
  if (cameBy === 'file') return false
  if (isReply || keys.some((each) => each.cameBy === 'file')) return true
  const stored = await keyStore.byFingerprint(fingerprint)
  return stored?.state === 'active' && hasTrust(stored.trust, 'verified') && stored.addresses.includes(author)
}

async function newIntake(
  id: string,
  { kind, fingerprint, addresses, material, chain, cameBy }: SubmittedKey,
  { author, messageId, receivedAt, isAuthentic, signedBy }: SubmissionMail,
  { keyStore }: IntakeParts,
): Promise<Intake> {
  const stored = await Promise.all(signedBy.map((each) => keyStore.byFingerprint(each)))
  const earlier = stored.find(
    (each) =>
      each?.state === 'active' &&
      hasTrust(each.trust, 'verified') &&
      each.addresses.includes(author) &&
      each.fingerprint !== fingerprint,
  )
  return {
    ...{ id, kind, fingerprint, addresses, material, chain, author, messageId, receivedAt, isAuthentic },
    // No signature covers the certificates beside it, nor a header: whoever has an old signed mail could add his own to it.
    ...{ vouchedBy: cameBy === 'file' ? earlier?.fingerprint : undefined },
    ...{ state: 'received', reason: '', proof: undefined },
    ...{ isProven: false, settledAt: undefined },
  }
}

/** A mail without any key, and a reply without the code: their senders would wait for ever. */
async function sayWhatIsMissing(
  submission: SubmissionMail,
  isProven: boolean,
  parts: IntakeParts,
): Promise<void> {
  const { author, isAuthentic, isReply, codes, keys, unreadable, messageId, digest } = submission
  if (!isAuthentic || isProven) return
  const house = houseOf(parts)
  const day = parts.now().toISOString().slice(0, 10)
  const once = (what: string) => `${what}.${day}.${intakeId(author, day).replaceAll('-', '')}`
  if (isReply) {
    const waiting = (await parts.intakes.ofAuthor(author)).filter(({ state }) => state === 'proving')
    if (waiting.length === 0 || keys.some(({ cameBy }) => cameBy === 'file')) return
    if (codes.length > 0 && (await parts.effects.first(`intake wrong code ${digest}`, parts.now())))
      for (const intake of waiting) await countWrongCode(intake, parts)
    await answerOnce(author, once('code'), messageId, wrongCodeText(house), parts)
  } else if (keys.length === 0 || (keys.every(({ cameBy }) => cameBy !== 'file') && unreadable.length > 0))
    await answerOnce(author, once('nothing'), messageId, nothingFoundText(unreadable, house), parts)
}

async function countWrongCode(intake: Intake, parts: IntakeParts): Promise<void> {
  const { id, proof } = intake
  if (!proof) return
  const wrongCodes = proof.wrongCodes + 1
  if (wrongCodes >= mostWrongCodes)
    await settle(intake, 'proving', { state: 'refused', reason: 'too-many-codes' }, parts)
  else await parts.intakes.change(id, 'proving', { proof: { ...proof, wrongCodes } })
}
