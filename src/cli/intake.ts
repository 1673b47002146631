import type { ControlAnswers } from '../gateway/calls/control-calls.ts'
import { type IntakeState, intakeStates } from '../storage/intakes.ts'
import { askGateway } from './ask-gateway.ts'
import { type Command, type CommandCall, UsageError } from './command.ts'
import { printable } from './printable.ts'

export const intake: Command = {
  name: 'intake',
  usage: 'list [STATE] | show ID | accept ID | refuse ID --reason TEXT',
  summary: 'certificates and keys that people sent to the intake address: what is open, and for how long',
  async run(call) {
    const [verb, word, ...more] = call.words
    const action = Object.hasOwn(actions, verb ?? '') ? actions[verb as keyof typeof actions] : undefined
    if (!action || more.length > 0) throw usage()
    return action(word ?? '', call)
  },
}

const usage = () => new UsageError(`usage: postsiegel intake ${intake.usage}`)

type Shown = ControlAnswers['intake-list'][number]

const actions = {
  async list(state: string, { options, print }: CommandCall) {
    if (state !== '' && !intakeStates.some((each) => each === state)) throw usage()
    const list = await askGateway(options, 'intake-list', state === '' ? {} : { state: state as IntakeState })
    print(options.json ? JSON.stringify(list) : list.map(lineOf).join('\n') || 'nothing was sent in')
    return 0
  },
  async show(id: string, { options, print }: CommandCall) {
    const found = await askGateway(options, 'intake-show', { id: named(id) })
    print(options.json ? JSON.stringify(found) : [...detailsOf(found), '', found.text.trimEnd()].join('\n'))
    return 0
  },
  async accept(id: string, { options, print }: CommandCall) {
    const found = await askGateway(options, 'intake-accept', { id: named(id) })
    print(options.json ? JSON.stringify(found) : `${lineOf(found)}\nin use from now on; its sender is told`)
    return 0
  },
  async refuse(id: string, { options, print }: CommandCall) {
    if (options.reason === undefined) throw new UsageError('intake refuse ID --reason TEXT')
    const input = { id: named(id), reason: options.reason }
    const found = await askGateway(options, 'intake-refuse', input)
    const told = found.isAuthentic ? 'its sender is told' : 'nobody is told: its sender may be forged'
    print(options.json ? JSON.stringify(found) : `${lineOf(found)}\nrefused; ${told}`)
    return 0
  },
}

function lineOf({ id, author, kind, state, reason, receivedAt, daysLeft }: Shown): string {
  const left = daysLeft === null ? '' : `  ${daysLeft} days left`
  const why = reason === '' ? '' : `: ${reason}`
  return printable(`${id}  ${receivedAt.slice(0, 10)}${left}  ${author}  ${kind}  ${state}${why}`)
}

function detailsOf(found: ControlAnswers['intake-show']): string[] {
  const { isAuthentic, isProven } = found
  const rows: [string, string | null][] = [
    [
      'sent by',
      `${found.author}${isAuthentic ? '' : ', NOT authenticated: anybody could have written that'}`,
    ],
    ['kind', found.kind === 'smime' ? 'S/MIME certificate' : 'OpenPGP key'],
    ['addresses', found.addresses.join(', ')],
    ['fingerprint', found.fingerprint],
    ['subject', found.subject],
    ['issuer', found.issuer],
    ['received', `${found.receivedAt}${found.daysLeft === null ? '' : `, ${found.daysLeft} days left`}`],
    ['state', `${found.state}${found.reason === '' ? '' : `: ${found.reason}`}`],
    ['proven', isProven ? 'yes, its owner has opened mail that was encrypted to it' : 'no'],
    ['settled', found.settledAt],
  ]
  return rows.flatMap(([name, text]) => (text === null ? [] : [printable(`${name.padEnd(12)} ${text}`)]))
}

function named(id: string): string {
  if (id === '') throw usage()
  return id
}
