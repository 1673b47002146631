import { createHash } from 'node:crypto'
import type { ByteSource } from '../message/byte-source.ts'
import type { InboundPolicy } from '../policy/policy.ts'
import type { HeldOriginal } from '../storage/held-originals.ts'
import type { fileReleased } from './file-released.ts'
import { type NotifyParts, notifyEach } from './notify-each.ts'
import { availableNotice, releaseNotice } from './release-notices.ts'

export interface ReleaseHouse extends NotifyParts {
  /** The policy in force now for one recipient. */
  readonly policyOf: (recipient: string) => Pick<InboundPolicy, 'release' | 'releaseFolder' | 'keepReleased'>
  readonly file: typeof fileReleased
}

/**
 * Brings a released original to its recipients, to each in the ways of his own policy. What fails for one keeps it from
 * nobody; it fails in the end if somebody did not get it, and a repetition then does only what is missing.
 */
export async function deliverReleased(
  original: HeldOriginal,
  content: ByteSource,
  house: ReleaseHouse,
): Promise<void> {
  const inWay = (way: InboundPolicy['release'][number]) =>
    original.recipients.filter((recipient) => house.policyOf(recipient).release.includes(way))
  const until = keptUntil(original, house.now(), house.policyOf)
  const folders = new Set(inWay('folder').map((recipient) => house.policyOf(recipient).releaseFolder))
  const results = await Promise.allSettled([
    notifyEach({ ...releaseNotice(original, content), to: inWay('mail') }, house),
    notifyEach({ ...availableNotice(original, until), to: inWay('notice') }, house),
    fileInEach(folders, original, content, house),
  ])
  const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason)
  if (failures.length > 0) throw new AggregateError(failures, textOf(failures))
}

async function fileInEach(
  folders: ReadonlySet<string | undefined>,
  original: HeldOriginal,
  content: ByteSource,
  { effects, now, file }: ReleaseHouse,
): Promise<void> {
  for (const folder of folders) {
    if (folder === undefined) throw new Error('release into a folder, but the policy names none')
    const filed = `filed original ${original.id} in ${createHash('sha256').update(folder).digest('base64url')}`
    if (await effects.done(filed)) continue
    await file(folder, original, content, now())
    await effects.first(filed, now())
  }
}

/**
 * Until when an original that is released at `releasedAt` can be fetched: as long as the policy of one recipient says.
 * Undefined if nobody's keeps it.
 */
export function keptUntil(
  { recipients }: Pick<HeldOriginal, 'recipients'>,
  releasedAt: Date,
  policyOf: ReleaseHouse['policyOf'],
): Date | undefined {
  const longest = Math.max(...recipients.map((recipient) => policyOf(recipient).keepReleased))
  return longest > 0 ? new Date(releasedAt.getTime() + longest) : undefined
}

function textOf(failures: readonly unknown[]): string {
  return failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))).join('; ')
}
