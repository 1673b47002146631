import { type Activation, activateIntake } from '../keys/intake/activate-intake.ts'
import { judgeSubmittedKey } from '../keys/intake/judge-submitted-key.ts'
import { hashOfCode, newProofCode } from '../keys/intake/proof-code.ts'
import { activeText, proofText, receivedText, refusedText, reviewText } from '../keys/intake/texts.ts'
import { hasTrust } from '../keys/keys-in-force.ts'
import type { Intake } from '../storage/intakes.ts'
import { answerOnce, houseOf, type IntakeParts, settle } from './intake-parts.ts'

/** How long a code counts. */
const proofMs = 14 * 86_400_000
/** For what authorities say of one certificate. */
export const revocationMs = 30_000

/** Takes each open intake, of everybody or of one author, as far as it goes without people. Never fails: the next hour tries again. */
export async function workOnIntakes(parts: IntakeParts, author?: string): Promise<void> {
  try {
    const all = author === undefined ? parts.intakes.list() : parts.intakes.ofAuthor(author)
    for (const { id, settledAt } of await all) {
      if (settledAt !== undefined) continue
      await oneAfterTheOther(id, async () => {
        const intake = await parts.intakes.find(id)
        if (intake) await step(intake, parts)
      }).catch(parts.onError)
    }
  } catch (error) {
    parts.onError(error)
  }
}

/** The same on one node alone: two would send two codes, of which one counts. */
export async function workOnIntakesHourly(parts: IntakeParts): Promise<void> {
  const hour = parts.now().toISOString().slice(0, 13)
  if (await parts.effects.first(`intakes worked on ${hour}`, parts.now())) await workOnIntakes(parts)
}

/** Two mails of one author, or a mail and the hour, would send everything twice. */
const working = new Map<string, Promise<void>>()

/** Waits for whoever works on this intake. */
export function oneAfterTheOther(id: string, work: () => Promise<void>): Promise<void> {
  const next = (working.get(id) ?? Promise.resolve()).then(work, work)
  working.set(id, next)
  return next.finally(() => {
    if (working.get(id) === next) working.delete(id)
  })
}

async function step(intake: Intake, parts: IntakeParts): Promise<void> {
  switch (intake.state) {
    case 'received':
      return intake.isProven ? proven(intake, parts) : begin(intake, parts)
    case 'proving':
      if (intake.isProven) return proven(intake, parts)
      if (intake.proof && intake.proof.until < parts.now()) return refuse(intake, 'unproven', parts)
      return
    case 'review':
    case 'active':
    case 'refused':
      return
  }
}

async function begin(intake: Intake, parts: IntakeParts): Promise<void> {
  const { keyStore, now } = parts
  const signal = AbortSignal.timeout(revocationMs)
  const verdict = await judgeSubmittedKey(intake, { ...parts, at: now(), signal })
  switch (verdict.kind) {
    case 'unusable':
      return refuse(intake, verdict.problem, parts)
    case 'other-address':
      return toReview(intake, 'other-address', 'other-address', parts)
    case 'sound': {
      // Nobody may have us write to whom he names: a person looks instead.
      if (!intake.isAuthentic) return toReview(intake, 'not-authenticated', 'review', parts)
      const stored = await keyStore.byFingerprint(intake.fingerprint)
      const isInUse = stored?.state === 'active' && stored.addresses.includes(intake.author)
      if (isInUse && hasTrust(stored.trust, 'verified')) return activated(intake, 'in use already', parts)
      if (intake.vouchedBy === undefined) return askForProof(intake, parts)
      const result = await activateIntake(intake, 'earlier-key', { ...parts, at: now() })
      return after(intake, result, 'signed by the key before', parts)
    }
  }
}

/**
 * The code is stored before it leaves, so that it counts whenever it comes back. If nobody knows whether the last one left, another
 * one does.
 */
async function askForProof(intake: Intake, parts: IntakeParts): Promise<void> {
  const { id, author, messageId, kind, material } = intake
  const code = newProofCode()
  const until = new Date(parts.now().getTime() + proofMs)
  const proof = { codeHash: hashOfCode(code), until, wrongCodes: 0 }
  if (!(await parts.intakes.change(id, 'received', { proof }))) return
  const house = houseOf(parts)
  await answerOnce(author, `received.${id}`, messageId, receivedText(intake, house), parts)
  const name = `proof.${id}.${proof.codeHash.slice(0, 8)}`
  await answerOnce(author, name, messageId, proofText(intake, code, house), parts, { kind, material })
  await settle(intake, 'received', { state: 'proving', reason: '' }, parts)
}

async function proven(intake: Intake, parts: IntakeParts): Promise<void> {
  if (parts.intake.activate === 'review') return toReview(intake, 'proven', 'review', parts)
  const { now } = parts
  const signal = AbortSignal.timeout(revocationMs)
  // Two weeks may have passed.
  const verdict = await judgeSubmittedKey(intake, { ...parts, at: now(), signal })
  if (verdict.kind === 'unusable') return refuse(intake, verdict.problem, parts)
  const result = await activateIntake(intake, 'proof', { ...parts, at: now() })
  return after(intake, result, 'proven', parts)
}

async function after(intake: Intake, result: Activation, how: string, parts: IntakeParts): Promise<void> {
  switch (result.kind) {
    case 'active':
      return activated(intake, how, parts)
    case 'review':
      return toReview(intake, result.reason, 'in-use', parts)
    case 'refused':
      // What was sound a moment ago is refused by the store alone.
      return toReview(intake, result.reason, 'review', parts)
  }
}

/** Tells its sender, and has what waits for him tried again. Also for what a person of the house accepted. */
export async function activated(intake: Intake, how: string, parts: IntakeParts): Promise<void> {
  const { id, author, messageId, state } = intake
  const change = { state: 'active', reason: how, isProven: intake.isProven || how !== 'accepted' } as const
  if (!(await settle(intake, state, change, parts))) return
  for (const address of new Set([author, ...intake.addresses])) await parts.retry(address)
  await answerOnce(author, `active.${id}`, messageId, activeText(intake, houseOf(parts)), parts)
}

async function toReview(
  intake: Intake,
  reason: string,
  why: Parameters<typeof reviewText>[1],
  parts: IntakeParts,
): Promise<void> {
  const { id, author, messageId, state, isAuthentic } = intake
  if (isAuthentic) {
    const text = reviewText(intake, why, houseOf(parts))
    await answerOnce(author, `review.${id}`, messageId, text, parts)
  }
  await settle(intake, state, { state: 'review', reason }, parts)
}

/** Also for what a person of the house refused, with his reason. */
export async function refuse(intake: Intake, reason: string, parts: IntakeParts): Promise<void> {
  const { id, author, messageId, state, isAuthentic } = intake
  if (isAuthentic) {
    const text = refusedText(intake, reason, houseOf(parts))
    await answerOnce(author, `refused.${id}`, messageId, text, parts)
  }
  await settle(intake, state, { state: 'refused', reason }, parts)
}
