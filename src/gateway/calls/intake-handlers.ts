import { activateIntake } from '../../keys/intake/activate-intake.ts'
import { judgeSubmittedKey } from '../../keys/intake/judge-submitted-key.ts'
import { readCertificate } from '../../keys/x509/certificate.ts'
import type { Intake } from '../../storage/intakes.ts'
import type { IntakeParts } from '../intake-parts.ts'
import { activated, oneAfterTheOther, refuse, revocationMs } from '../work-on-intakes.ts'
import type { GatewayStatus } from './control-calls.ts'
import { type CallHandlers, ControlRefusal } from './control-server.ts'
import type { IntakeAnswers, intakeCalls, ShownIntake } from './intake-calls.ts'

const dayMs = 86_400_000

/** What people of the house do with certificates and keys that were sent in; `undefined`: no address takes them. */
export function intakeHandlers(
  given: IntakeParts | undefined,
): CallHandlers<typeof intakeCalls, IntakeAnswers> {
  const open = () => {
    if (!given) throw new ControlRefusal('No address takes certificates: the settings have no intake.')
    return given
  }
  return {
    async 'intake-list'({ state }) {
      const parts = open()
      const all = await parts.intakes.list()
      return all
        .filter((each) => state === undefined || each.state === state)
        .map((each) => shown(each, parts))
    },
    async 'intake-show'({ id }) {
      const parts = open()
      const intake = await theIntake(id, parts)
      const x509 = intake.kind === 'smime' ? readCertificate(intake.material).x509 : undefined
      const [subject, issuer] = [x509?.subject, x509?.issuer].map(
        // Node writes one attribute a line, most general first; people look for the name first.
        (name) => name?.split('\n').toReversed().join(', ') ?? null,
      )
      return {
        ...shown(intake, parts),
        subject: subject ?? null,
        issuer: issuer ?? null,
        text: intake.material,
      }
    },
    'intake-accept': ({ id }) =>
      settled(id, open(), async (intake, parts) => {
        const [at, signal] = [parts.now(), AbortSignal.timeout(revocationMs)]
        // The store would keep it; but its sender would be told that he gets encrypted mail now.
        const verdict = await judgeSubmittedKey(intake, { ...parts, at, signal })
        if (verdict.kind === 'unusable')
          throw new ControlRefusal(
            `It cannot be used: ${verdict.problem}. Refuse it, so that its sender hears why.`,
          )
        const result = await activateIntake(intake, 'person', { ...parts, at })
        if (result.kind !== 'active') throw new ControlRefusal(`It cannot be used: ${result.reason}.`)
        await activated(intake, 'accepted', parts)
      }),
    'intake-refuse': ({ id, reason }) =>
      settled(id, open(), (intake, parts) => refuse(intake, reason, parts)),
  }
}

/** What is open, for `status`. */
export async function intakeStatus(parts: IntakeParts): Promise<NonNullable<GatewayStatus['intake']>> {
  const open = (await parts.intakes.list())
    .map((each) => shown(each, parts))
    .filter(({ settledAt }) => settledAt === null)
  const review = open.filter(({ state }) => state === 'review').length
  return { review, proving: open.length - review, daysLeft: open[0]?.daysLeft ?? null }
}

async function settled(
  id: string,
  parts: IntakeParts,
  act: (intake: Intake, parts: IntakeParts) => Promise<void>,
): Promise<ShownIntake> {
  const { id: known } = await theIntake(id, parts)
  await oneAfterTheOther(known, async () => {
    const intake = await theIntake(known, parts)
    if (intake.settledAt !== undefined)
      throw new ControlRefusal(`${known} is settled already: ${intake.state}.`)
    await act(intake, parts)
  })
  return shown(await theIntake(known, parts), parts)
}

async function theIntake(id: string, { intakes }: IntakeParts): Promise<Intake> {
  const intake = await intakes.find(id.toUpperCase())
  if (!intake) throw new ControlRefusal(`There is no intake ${id}.`)
  return intake
}

function shown(intake: Intake, { intake: { days }, now }: IntakeParts): ShownIntake {
  const { id, kind, fingerprint, addresses, author, isAuthentic, isProven, state, reason } = intake
  const { receivedAt, settledAt } = intake
  const age = Math.floor((now().getTime() - receivedAt.getTime()) / dayMs)
  return {
    ...{ id, kind, fingerprint, addresses, author, isAuthentic, isProven, state, reason, receivedAt },
    settledAt: settledAt ?? null,
    daysLeft: settledAt === undefined ? days - age : null,
  }
}
