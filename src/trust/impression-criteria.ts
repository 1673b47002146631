import type { InboundFacts } from '../message/facts.ts'
import type { Context, Found } from './criterion.ts'

/** The connecting server: a mail server has a name that leads back to it, and says it; a machine of our own need not. */
export function clientName({ client }: InboundFacts, { message, weights, exception }: Context): Found {
  if (exception) return undefined
  const { noReverseName, heloNoName, dialUp, serverMost } = weights.impression
  const found = [
    client.reverse === 'none' && { points: noReverseName, evidence: 'no reverse name' },
    !client.heloIsName && { points: heloNoName, evidence: 'HELO is no name' },
    client.looksDialUp && { points: dialUp, evidence: 'name of a dial-up line' },
  ].filter((each) => each !== false)
  if (found.length === 0) return undefined
  return {
    points: Math.max(
      serverMost,
      found.reduce((sum, { points }) => sum + points, 0),
    ),
    evidence: `${message.clientAddress}: ${found.map(({ evidence }) => evidence).join(', ')}`,
    words: 'Mailserver ohne ordentlichen Namen',
  }
}

/** The name that is shown is somebody else's: his address, or that of a person whom the reader knows. */
export function displayName({ deception }: InboundFacts, { earned, weights }: Context): Found {
  if (earned.sum >= weights.impression.onlyBelow) return undefined
  const { foreignAddressShown, knownNameShown } = weights.impression
  const address = deception.findings.find(({ kind }) => kind === 'address-in-name')
  if (address) {
    const words = 'Vorsicht: der angezeigte Name ist eine fremde Adresse'
    return { points: foreignAddressShown, evidence: address.evidence, words }
  }
  const person = deception.findings.find(({ kind }) => kind === 'own-person' || kind === 'partner-person')
  if (!person) return undefined
  const words =
    person.kind === 'own-person'
      ? 'Vorsicht: Name einer Person aus dem Haus, aber fremde Adresse'
      : 'Vorsicht: Name eines Partners, aber fremde Adresse'
  return { points: knownNameShown, evidence: person.evidence, words }
}

/** A domain that is easily taken for one of ours or of a partner. */
export function lookalike({ deception }: InboundFacts, { earned, weights }: Context): Found {
  if (earned.sum >= weights.impression.onlyBelow) return undefined
  const found = deception.findings.find(({ kind }) => kind === 'lookalike')
  return (
    found && {
      points: weights.impression.lookalike,
      evidence: found.evidence,
      words: 'Vorsicht: die Domain sieht einer bekannten nur ähnlich',
    }
  )
}

/** Bulk mail of somebody from whom nothing was ever accepted. */
export function bulk({ isBulk, history }: InboundFacts, { earned, weights }: Context): Found {
  const isKnown = earned.sum > 0 || history.accepted > weights.relation.forgottenBelow
  if (!isBulk || isKnown) return undefined
  return {
    points: weights.impression.bulk,
    evidence: 'bulk mail of a sender never seen',
    words: 'Massenmail',
  }
}
