import { TemporaryFailure } from '../failure.ts'
import type { Edit } from './filter.ts'
import type { Agreement } from './negotiation.ts'
import { actions, leadingSpace } from './protocol.ts'
import { nulTerminated, uint32, writePacket } from './write-packet.ts'

/** RFC 5322 2.1.1. Above 2048 Postfix stores a line in pieces, above 998 it is broken when sent on. */
const maxLineBytes = 998
/** What Sendmail takes in one packet. */
const maxDataBytes = 65535

/**
 * The packets for header changes. Changes and deletions come first and deletions from the last occurrence to the
 * first, because occurrences are meant as the fields came and every insertion or deletion shifts them. Throws
 * RangeError on a field that could break the header apart, TemporaryFailure if the MTA did not offer the action.
 */
export function writeEdits(edits: readonly Edit[], agreement: Agreement): Buffer[] {
  const changes = edits.filter((edit) => edit.kind === 'changeHeader')
  // The same field deleted twice would delete its neighbour too.
  const deletions = new Map(
    edits
      .filter((edit) => edit.kind === 'deleteHeader')
      .map((edit) => [`${edit.occurrence} ${edit.name.toLowerCase()}`, edit]),
  )
  const lastFirst = [...deletions.values()].sort((one, other) => other.occurrence - one.occurrence)
  const additions = edits.filter((edit) => edit.kind === 'insertHeader' || edit.kind === 'addHeader')
  return [...changes, ...lastFirst, ...additions].map((edit) => writeEdit(edit, agreement))
}

function writeEdit(edit: Edit, agreement: Agreement): Buffer {
  const name = nulTerminated(checkedName(edit.name))
  switch (edit.kind) {
    case 'insertHeader':
      need(agreement, actions.addHeaders)
      return bounded('i', uint32(position(edit.index, 0)), name, valueOnWire(edit, agreement))
    case 'addHeader':
      need(agreement, actions.addHeaders)
      return bounded('h', name, valueOnWire(edit, agreement))
    case 'changeHeader': {
      need(agreement, actions.changeHeaders)
      const value = valueOnWire(edit, agreement)
      // To the MTA an empty value means deletion; who wants that says so.
      if (value.length === 1) throw new RangeError(`${edit.name} changed to nothing`)
      return bounded('m', uint32(position(edit.occurrence, 1)), name, value)
    }
    case 'deleteHeader':
      need(agreement, actions.changeHeaders)
      return bounded('m', uint32(position(edit.occurrence, 1)), name, nulTerminated(''))
  }
}

/** Without the change the message would not be what was decided: rather later than wrong. */
function need(agreement: Agreement, action: number): void {
  if ((agreement.actions & action) === 0) {
    throw new TemporaryFailure('3.5', 'The mail server cannot make the changes that this message needs')
  }
}

/** RFC 5322 3.6.8: printable ASCII without the colon. */
function checkedName(name: string): string {
  if (!/^[\x21-\x39\x3b-\x7e]+$/.test(name)) throw new RangeError(`Header name ${JSON.stringify(name)}`)
  return name
}

function position(value: number, least: number): number {
  if (!Number.isInteger(value) || value < least || value > 0x7fffffff) {
    throw new RangeError(`Header position ${value}`)
  }
  return value
}

/**
 * Folds are LF and white space on the wire; a stray CR would go out to the Internet. A line end that is no fold
 * would begin a field, or the body, of somebody's choosing.
 */
function valueOnWire({ name, value }: { name: string; value: string }, agreement: Agreement): Buffer {
  const folded = value.replaceAll('\r\n', '\n')
  if (/[\r\0]|[^\0-\xff]|\n(?![ \t])/.test(folded))
    throw new RangeError('Header value with a bare line end, NUL or no bytes')
  if (`${name}:${folded}`.split('\n').some((line) => line.length > maxLineBytes))
    throw new RangeError('Header value is not folded')
  const ownSpace = (agreement.protocol & leadingSpace) !== 0
  // An MTA without this agreement puts one space behind the colon by itself.
  return nulTerminated(ownSpace || !folded.startsWith(' ') ? folded : folded.slice(1))
}

function bounded(command: string, ...data: readonly Buffer[]): Buffer {
  const packet = writePacket(command, ...data)
  if (packet.length - 5 > maxDataBytes) throw new RangeError(`Header change of ${packet.length} bytes`)
  return packet
}
