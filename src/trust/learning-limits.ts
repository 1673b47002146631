/** What is known when a mail of ours would teach trust in its recipient. */
export interface Learning {
  /** To how many this mail goes, as far as anybody can see. */
  readonly recipients: number
  /** Mails of its sender within this hour, this one too. */
  readonly sentThisHour: number
  /** Nobody here has written to the recipient yet. */
  readonly isNew: boolean
  /** New correspondents of its sender today, this one too. */
  readonly newToday: number
  /** Mail of the recipient was doubted within a day: this may be a machine's answer to it. */
  readonly isSuspicious: boolean
}

const mostRecipients = 25
const mostAnHour = 100
const mostNewADay = 200
/** A newsletter to thousands says little about each of them. */
const massMail = 0.1

/**
 * How much of a relation a mail of ours makes: whoever takes over a mailbox here, or gets machines to answer, must not
 * earn trust by the thousand. `limitReached` once, when the number of the day is passed.
 */
export function learningLimits(learning: Learning): {
  readonly weight: number
  readonly isForDomain: boolean
  readonly limitReached: boolean
} {
  const { recipients, sentThisHour, isNew, newToday, isSuspicious } = learning
  const isOver = isNew && newToday > mostNewADay
  const limitReached = isNew && newToday === mostNewADay + 1
  if (isSuspicious || isOver) return { weight: 0, isForDomain: false, limitReached }
  const isMass = recipients > mostRecipients || sentThisHour > mostAnHour
  return { weight: isMass ? massMail : 1, isForDomain: !isMass, limitReached }
}
