import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Child, startChild } from './child.ts'
import { pollUntil } from './poll-until.ts'

/** The harmless file that every scanner reports (eicar.org), written in halves so that no file of ours contains it. */
export const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('')

export interface Clamd extends AsyncDisposable {
  readonly socket: string
  readonly child: Child
}

/** A clamd of our own that knows EICAR and nothing else: no signature download, ready in a moment. */
export async function startClamd(
  folder: string,
  socketFolder: string = folder,
  log: string = join(folder, 'clamd.log'),
): Promise<Clamd> {
  const database = join(folder, 'database')
  mkdirSync(database, { recursive: true })
  const pattern = Buffer.from(eicar, 'latin1').toString('hex')
  writeFileSync(join(database, 'demonstration.ndb'), `Demonstration.EICAR:0:*:${pattern}\n`)
  const socket = join(socketFolder, 'clamd.sock')
  const settings = join(folder, 'clamd.conf')
  writeFileSync(
    settings,
    [
      `DatabaseDirectory ${database}`,
      `LocalSocket ${socket}`,
      'LocalSocketMode 660',
      'FixStaleSocket yes',
      'Foreground yes',
      `TemporaryDirectory ${folder}`,
      // Above the gateway's own limit for a message, in base64 and as a file (Debian's default is 25M).
      'StreamMaxLength 100M',
      'MaxFileSize 100M',
      'MaxScanSize 200M',
      // What is above the limits must not count as clean.
      'AlertExceedsMax yes',
      '',
    ].join('\n'),
  )
  const child = await startChild(['clamd', '--config-file', settings], { log })
  try {
    await pollUntil('clamd listens', () => {
      const reason = child.ended()
      if (reason !== undefined) throw new Error(reason)
      return accepts(socket)
    })
  } catch (error) {
    await child.stop()
    throw error
  }
  return { socket, child, [Symbol.asyncDispose]: () => child.stop() }
}

/** Whether somebody accepts connections on this unix socket. */
export function accepts(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket)
    connection.once('connect', () => resolve(true)).once('error', () => resolve(false))
    connection.once('connect', () => connection.destroy())
  })
}
