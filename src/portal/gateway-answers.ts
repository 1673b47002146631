import { askOver } from '../gateway/calls/gateway-client.ts'
import type {
  PortalAnswers,
  PublicCertificates,
  PublicOpenPgpKey,
  PublicOrganization,
} from '../gateway/calls/portal-calls.ts'
import { type Freshness, remember } from './remember.ts'

/** All that the portal knows: what the gateway tells it. */
export interface GatewayAnswers {
  /** Who we are: the last that we heard, also while the gateway is away; undefined if we never heard. */
  organization(): Promise<PublicOrganization | undefined>
  /** Fails while the gateway is away. */
  certificates(): Promise<PublicCertificates>
  /** Fails while the gateway is away. */
  openPgpKeys(): Promise<readonly PublicOpenPgpKey[]>
  /** Whether the gateway answers. */
  isThere(): Promise<boolean>
}

/** A visitor waits for it, and the guide waits for our name. */
const patienceMs = 3000
/** Whether the gateway is there is to be known soon. */
const organizationFresh = { answerMs: 5000, failureMs: 5000 }
/** A certificate that was imported may be public a minute later; the gateway reads all of them for each answer. */
const certificatesFresh = { answerMs: 60_000, failureMs: 5000 }

/** Asks the gateway over portal.sock. `onError` is told each time it could not be asked. */
export function gatewayAnswers(path: string, onError: (error: unknown) => void): GatewayAnswers {
  const asking = <Call extends keyof PortalAnswers>(call: Call, fresh: Freshness) =>
    remember(
      async () => {
        try {
          // The gateway is ours and of the same version; its types say what it answers.
          return (await askOver(path, call, {}, patienceMs)) as PortalAnswers[Call]
        } catch (error) {
          onError(error)
          throw error
        }
      },
      fresh,
      () => performance.now(),
    )
  const organization = asking('organization', organizationFresh)
  let known: PublicOrganization | undefined
  const isThere = async () => {
    try {
      known = await organization()
      return true
    } catch {
      return false // onError has been told
    }
  }
  return {
    certificates: asking('certificates', certificatesFresh),
    openPgpKeys: asking('openpgp-keys', certificatesFresh),
    isThere,
    async organization() {
      await isThere()
      return known
    },
  }
}
