import { readdirSync, readFileSync } from 'node:fs'

/** A recorded session between Postfix and a filter made with libmilter. */
export interface MilterTrace {
  readonly name: string
  readonly result?: string
  readonly connections: readonly {
    readonly packets: readonly {
      readonly from: 'mta' | 'milter'
      readonly cmd: string
      readonly payload: string
    }[]
  }[]
}

const folder = new URL('../milter-traces/', import.meta.url)

export const milterTraces: readonly MilterTrace[] = readdirSync(folder)
  .sort()
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as MilterTrace)
