import type { Settings } from '../config/settings.ts'
import type { NoticeHouse } from '../delivery/notice-transport.ts'
import { type Answer, sendAnswer } from '../delivery/send-answer.ts'
import { findOpenPgpSigner } from '../keys/find-openpgp-keys.ts'
import { findSigner } from '../keys/find-signer.ts'
import type { Log } from '../log/events.ts'
import type { Workspace } from '../message/byte-source.ts'
import type { Storage } from '../storage/open-storage.ts'
import type { IntakeParts } from './intake-parts.ts'
import { retryWaiting } from './retry-waiting.ts'

export interface OpenIntakeParts
  extends Pick<IntakeParts, 'anchors' | 'partnerAnchors' | 'checkRevocation' | 'now' | 'onError'> {
  readonly storage: Pick<Storage, 'intakes' | 'keyStore' | 'effects' | 'waitingMessages'>
  readonly house: NoticeHouse
  readonly openWorkspace: () => Workspace
  readonly log: Log
}

/** The intake of certificates and keys as the settings want it; undefined where they name no address for it. */
export function openIntake(settings: Settings, parts: OpenIntakeParts): IntakeParts | undefined {
  const { intake, organization, postfix } = settings
  if (!intake) return undefined
  const { storage, house, anchors, partnerAnchors, checkRevocation, now, log, onError } = parts
  const { intakes, keyStore, effects } = storage
  const { address } = intake
  const send = async (answer: Answer) => {
    const at = now()
    const { signer } = await findSigner({ keyStore, anchors, partnerAnchors, checkRevocation }, address, at)
    const openpgp = (await findOpenPgpSigner(keyStore, address, at))?.armored
    await using workspace = parts.openWorkspace()
    await sendAnswer(answer, { ...house, address, signers: { smime: signer, openpgp } }, workspace, at)
  }
  const retry = (recipient: string) => retryWaiting(recipient, { settings: { postfix }, storage, log })
  return {
    ...{ intake, organization, intakes, keyStore, effects, anchors, partnerAnchors, checkRevocation },
    ...{ send, retry, now, log, onError },
  }
}
