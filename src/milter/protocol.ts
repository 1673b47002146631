/** Newest version of the protocol that we speak; older ones down to 2 are spoken to MTAs that offer no more. */
export const newestVersion = 6
export const oldestVersion = 2

/** Changes a filter announces it may ask for (SMFIF_*). Only those that `Edit` and a new body need. */
export const actions = {
  addHeaders: 0x1,
  changeBody: 0x2,
  changeHeaders: 0x10,
  setMacroLists: 0x100,
} as const

/** Header values travel with the white space behind the colon (SMFIP_HDR_LEADSPC). */
export const leadingSpace = 0x100000

/**
 * For each stage the flag "do not send it" and the flag "send it and expect no answer" (SMFIP_NO*, SMFIP_NR_*).
 * `mail` has no first flag here: MAIL is where a message begins, without it the state machine would be blind.
 */
export const stageFlags = {
  connect: { unsent: 0x1, unanswered: 0x1000 },
  helo: { unsent: 0x2, unanswered: 0x2000 },
  mail: { unsent: 0, unanswered: 0x4000 },
  recipient: { unsent: 0x8, unanswered: 0x8000 },
  data: { unsent: 0x200, unanswered: 0x10000 },
  header: { unsent: 0x20, unanswered: 0x80 },
  endOfHeader: { unsent: 0x40, unanswered: 0x40000 },
  body: { unsent: 0x10, unanswered: 0x80000 },
  unknown: { unsent: 0x100, unanswered: 0x20000 },
} as const

/** Stages of a session that a filter may be asked about; the end of the message is always answered. */
export type Stage = keyof typeof stageFlags
