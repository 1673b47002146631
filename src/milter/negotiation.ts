import { TemporaryFailure } from '../failure.ts'
import type { ConnectionFilter, DecidingStage } from './filter.ts'
import type { Offer } from './parse-command.ts'
import { actions, leadingSpace, newestVersion, oldestVersion, type Stage, stageFlags } from './protocol.ts'
import { nulTerminated, uint32, writePacket } from './write-packet.ts'

/** What filter and MTA agreed on, for the whole connection. */
export interface Agreement {
  readonly version: number
  readonly actions: number
  readonly protocol: number
}

/** What we want from the MTA before we know what it offers. */
export interface Wishes {
  /** Methods that are missing need not be called: the MTA is asked not to send their stages. */
  readonly filter: ConnectionFilter
  readonly decides: readonly DecidingStage[]
  /** The MTA comes over TCP, so DATA must be answered. */
  readonly tcp: boolean
}

/**
 * Macros by stage number (SMFIM_*); a list replaces the MTA's own for that stage, stages not named keep theirs.
 * So nobody has to touch main.cf. Sendmail takes at most about 50 names for a stage.
 */
const macroLists: readonly (readonly [stage: number, names: string])[] = [
  [0, 'j _ v {client_addr} {client_name} {client_ptr} {client_resolve} {daemon_port}'],
  [1, '{tls_version} {cipher} {cipher_bits}'],
  // `i` is known here only for mail that did not come by SMTP.
  [2, 'i {auth_authen}'],
  [3, 'i'],
  [4, 'i'],
  [5, 'i'],
]

/** Chooses from the MTA's offer; never asks for more than was offered, since Postfix then drops the filter. */
export function negotiate(offer: Offer, wishes: Wishes): { agreement: Agreement; reply: Buffer } {
  if (offer.version < oldestVersion) {
    throw new TemporaryFailure('5.0', `Milter protocol version ${offer.version}`)
  }
  const wantedActions =
    actions.addHeaders | actions.changeBody | actions.changeHeaders | actions.setMacroLists
  const agreement = {
    version: Math.min(offer.version, newestVersion),
    actions: wantedActions & offer.actions,
    protocol: wantedProtocol(offer, wishes) & offer.protocol,
  }
  const lists =
    agreement.actions & actions.setMacroLists
      ? macroLists.flatMap(([stage, names]) => [uint32(stage), nulTerminated(names)])
      : []
  const reply = writePacket(
    'O',
    uint32(agreement.version),
    uint32(agreement.actions),
    uint32(agreement.protocol),
    ...lists,
  )
  return { agreement, reply }
}

/** True if the MTA reads no answer to this stage; one that is written all the same would wreck the session. */
export function isUnanswered(stage: Stage, agreement: Agreement): boolean {
  return (agreement.protocol & stageFlags[stage].unanswered) !== 0
}

function wantedProtocol(offer: Offer, { filter, decides, tcp }: Wishes): number {
  let wanted: number = leadingSpace
  for (const stage of Object.keys(stageFlags) as Stage[]) {
    // Postfix leaves Nagle's algorithm on. Without an answer at DATA its smtpd and cleanup write to us one after the
    // other, and over TCP the second write waits for a delayed ACK: 40 ms a message. A unix socket knows no such wait.
    if (stage === 'data' && tcp) continue
    const { unsent, unanswered } = stageFlags[stage]
    const used = stage === 'mail' || (stage !== 'unknown' && filter[stage] !== undefined)
    if (!used) wanted |= offer.protocol & unsent ? unsent : unanswered
    else if (!(decides as readonly Stage[]).includes(stage)) wanted |= unanswered
  }
  return wanted
}
