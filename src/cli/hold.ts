import { open, rm } from 'node:fs/promises'
import type { Written } from '../gateway/calls/control-calls.ts'
import type { AuditEntry } from '../storage/audit.ts'
import type { HeldOriginal } from '../storage/held-originals.ts'
import { askGateway } from './ask-gateway.ts'
import { type Command, type CommandCall, type Options, UsageError } from './command.ts'
import { person } from './person.ts'

export const hold: Command = {
  name: 'hold',
  usage:
    'list [STATE] | show ID | release ID --reason TEXT | extend ID --until TIME --reason TEXT | delete ID --reason TEXT | fetch ID --output FILE | log [ID]',
  summary: 'originals of Office files: what is held, why, until when; who did what with them',
  async run(call) {
    const [verb, id, ...more] = call.words
    const action = Object.hasOwn(actions, verb ?? '') ? actions[verb as keyof typeof actions] : undefined
    if (!action || more.length > 0) throw usage()
    return action(id ?? '', call)
  },
}

const usage = () => new UsageError(`usage: postsiegel hold ${hold.usage}`)

const actions = {
  async list(state: string, { options, print }: CommandCall) {
    const { originals, total } = await askGateway(
      options,
      'hold-list',
      state === '' ? {} : { state: stateOf(state) },
    )
    if (options.json) print(JSON.stringify(originals))
    else {
      print(total === 0 ? 'nothing is held' : originals.map(lineOf).map(printable).join('\n'))
      if (originals.length < total) print(`These are the latest ${originals.length} of ${total}.`)
    }
    return 0
  },
  async show(id: string, { options, print }: CommandCall) {
    const answer = await askGateway(options, 'hold-show', { id: named(id) })
    print(
      options.json
        ? JSON.stringify(answer)
        : [...detailsOf(answer.original), '', ...answer.log.map(entryLine)].map(printable).join('\n'),
    )
    return 0
  },
  async release(id: string, { options, print }: CommandCall) {
    const input = { id: named(id), by: person(options), reason: reasonOf(options) }
    const answer = await askGateway(options, 'hold-release', input)
    if (options.json) print(JSON.stringify(answer))
    else if (answer.outcome === 'asked')
      print('Asked. Somebody else must agree: the same command with --by and another name.')
    else print('It is scanned again now and delivered if it is clean.')
    return 0
  },
  async extend(id: string, { options, print }: CommandCall) {
    const input = {
      id: named(id),
      until: timeOf(options.until),
      by: person(options),
      reason: reasonOf(options),
    }
    const answer = await askGateway(options, 'hold-extend', input)
    print(options.json ? JSON.stringify(answer) : `Held until ${answer.until} at the earliest.`)
    return 0
  },
  async delete(id: string, { options, print }: CommandCall) {
    const answer = await askGateway(options, 'hold-delete', {
      id: named(id),
      by: person(options),
      reason: reasonOf(options),
    })
    print(options.json ? JSON.stringify(answer) : 'Deleted. Who did it and why stays on record.')
    return 0
  },
  async fetch(id: string, { options, print }: CommandCall) {
    if (options.output === undefined) throw new UsageError('hold fetch ID --output FILE')
    const fetched = await fetchInto(options.output, named(id), options)
    print(
      options.json
        ? JSON.stringify(fetched)
        : printable(`${options.output}: ${fetched.size} bytes, it came as ${fetched.fileName}`),
    )
    return 0
  },
  async log(id: string, { options, print }: CommandCall) {
    const answer = await askGateway(options, 'hold-log', { limit: 100, ...(id === '' ? {} : { id }) })
    const { entries, brokenAt } = answer.verdict
    if (options.json) print(JSON.stringify(answer))
    else {
      print([...answer.entries.map((entry) => printable(entryLine(entry))), ''].join('\n'))
      print(
        brokenAt === undefined
          ? `The record of ${entries} entries is whole.`
          : `THE RECORD WAS CHANGED: entry ${brokenAt} is missing or not as it was written.`,
      )
    }
    return brokenAt === undefined ? 0 : 1
  },
}

/** A new file that only its owner reads; it is never written over one that is there. */
async function fetchInto(output: string, id: string, options: Options) {
  const by = person(options)
  let piece = await askGateway(options, 'hold-fetch', { id, by, offset: 0 })
  const file = await open(output, 'wx', 0o600)
  try {
    for (;;) {
      await file.writeFile(Buffer.from(piece.bytes, 'base64'))
      if (piece.next === null) break
      piece = await askGateway(options, 'hold-fetch', { id, by, offset: piece.next })
    }
    await file.sync()
  } catch (error) {
    // Half an original would pass for a whole one.
    await rm(output, { force: true })
    throw error
  } finally {
    await file.close()
  }
  return { output, fileName: piece.fileName, size: piece.size, sha256: piece.sha256 }
}

function stateOf(text: string): HeldOriginal['state'] {
  const state = (['held', 'locked', 'released', 'deleted'] as const).find((each) => each === text)
  if (state === undefined) throw usage()
  return state
}

function named(id: string): string {
  if (id === '') throw usage()
  return id
}

function reasonOf({ reason }: Options): string {
  if (reason === undefined) throw new UsageError('--reason TEXT is missing: it stays on record')
  return reason
}

function timeOf(text: string | undefined): string {
  const at = new Date(text ?? '')
  if (Number.isNaN(at.getTime())) throw new UsageError('--until wants a time such as 2026-11-24T18:00')
  return at.toISOString()
}

function lineOf({ id, state, releaseAt, settledAt, recipients, fileName }: Written<HeldOriginal>): string {
  const when = state === 'held' ? `until ${releaseAt}` : `since ${settledAt}`
  return `${id}  ${state.padEnd(8)}  ${when}  ${recipients.join(', ')}  ${fileName}`
}

function detailsOf(held: Written<HeldOriginal>): string[] {
  const { firstScan, secondScan, earlyRelease } = held
  const rows: [string, string | undefined][] = [
    ['id', held.id],
    ['state', held.note === '' ? held.state : `${held.state}: ${held.note}`],
    ['file', `${held.fileName} (${held.office}, ${held.bytes} bytes)`],
    ['SHA-256', held.sha256],
    ['from', held.author ?? held.sender],
    ['to', held.recipients.join(', ')],
    ['message', held.messageId],
    ['held since', held.heldAt],
    ['held until', held.releaseAt],
    ['first scan', scanText(firstScan)],
    [
      'second scan',
      secondScan &&
        `${secondScan.found === undefined ? 'clean' : `found ${secondScan.found}`}, ${scanText(secondScan)}`,
    ],
    [
      'early',
      earlyRelease &&
        `${earlyRelease.granted ? 'granted to' : 'asked for by'} ${earlyRelease.who}: ${earlyRelease.reason}`,
    ],
    ['settled', held.settledAt],
    ['kept until', held.keptUntil],
  ]
  return rows.flatMap(([name, text]) => (text === undefined ? [] : [`${name.padEnd(12)} ${text}`]))
}

const scanText = ({ at, signatures }: Written<HeldOriginal['firstScan']>) => `${at}, ${signatures}`

function entryLine({ number, at, what, subject, who, reason }: Written<AuditEntry>): string {
  return `${String(number).padStart(6)}  ${at}  ${subject}  ${what.padEnd(19)}  ${who}${reason === '' ? '' : `: ${reason}`}`
}

/** File names and reasons come from people: nothing of them may steer a terminal. */
const printable = (text: string) => text.replaceAll(/\p{C}/gu, '?')
