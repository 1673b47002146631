import type { Seal } from './seal.ts'

/** Names beside the keyed hashes, sealed: whoever has the table without the key reads none. */
export interface CorrespondentName {
  seal(subject: string, name: string): string
  /** Undefined for what does not open: a name is only shown, nothing rests on it. */
  open(row: { readonly subject: string; readonly name: string | null }): string | undefined
}

const purpose = 'correspondent'

export function correspondentName(seal: Seal): CorrespondentName {
  return {
    seal: (subject, name) => seal.seal(purpose, subject, Buffer.from(name)),
    open({ subject, name }) {
      try {
        return name === null ? undefined : Buffer.from(seal.unseal(purpose, subject, name)).toString()
      } catch {
        return undefined
      }
    },
  }
}
