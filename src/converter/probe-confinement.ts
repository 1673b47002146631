import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { driverSources, type Rung, rungs, sandboxCommand } from './confinement.ts'
import { DriverProcess } from './driver-process.ts'
import { libreOfficeLimits } from './limits.ts'

const Findings = z.object({
  network: z.boolean(),
  file: z.boolean(),
  root: z.boolean(),
  seccomp: z.boolean(),
})

/** What is in force, and why the better rungs are not. `rung` undefined: nothing works, so nothing may be converted. */
export interface Confinement {
  readonly rung: Rung | undefined
  /** Whether system calls are filtered too. */
  readonly seccomp: boolean
  readonly failures: readonly { readonly rung: Rung; readonly reason: string }[]
}

/**
 * Tries the rungs from the best on, each with the real engine: a small document must convert, a connection to a
 * listener of ours must fail, a file that everybody outside may read must not be there, and no rights may be left.
 */
export async function probeConfinement(isRoot: boolean, signal: AbortSignal): Promise<Confinement> {
  const failures: { rung: Rung; reason: string }[] = []
  const folder = await mkdtemp(join(tmpdir(), 'postsiegel-probe-'))
  try {
    await chmod(folder, 0o755)
    const file = join(folder, 'everybody-may-read-this')
    await writeFile(file, 'outside', { mode: 0o644 })
    for (const rung of rungs) {
      try {
        const seccomp = await tryRung(rung, isRoot, file, signal)
        return { rung, seccomp, failures }
      } catch (error) {
        signal.throwIfAborted()
        failures.push({ rung, reason: error instanceof Error ? error.message : String(error) })
      }
    }
    return { rung: undefined, seccomp: false, failures }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function tryRung(rung: Rung, isRoot: boolean, file: string, signal: AbortSignal): Promise<boolean> {
  const command = sandboxCommand(rung, isRoot, driverSources.libreOffice, libreOfficeLimits)
  const driver = await DriverProcess.start(command, libreOfficeLimits, signal)
  try {
    const listener = await listenOnLoopback()
    let connections = 0
    const probed = await driver
      .ask({ kind: 'probe', port: listener.port, file }, new Uint8Array(0), signal)
      .finally(async () => {
        connections = await listener.close()
      })
    const findings = Findings.safeParse(probed.kind === 'answered' ? probed.header : undefined).data
    if (findings === undefined) throw new Error(`The probe did not answer (${probed.kind})`)
    if (findings.network || connections > 0) throw new Error('The network can be reached from inside')
    if (findings.file) throw new Error('Files outside can be seen from inside')
    if (findings.root) throw new Error('Rights of root are left inside')
    const tiny = Buffer.from('{\\rtf1 ready}')
    const converted = await driver.ask(
      { kind: 'convert', office: 'rtf', pages: 1, flatten: false },
      tiny,
      signal,
    )
    if (converted.kind !== 'answered')
      throw new Error(`LibreOffice does not convert inside (${converted.kind})`)
    return findings.seccomp
  } finally {
    await driver.kill()
  }
}

/**
 * A listener that counts who comes. Where the unit forbids us internet sockets there is none, and none is needed: then the port
 * is one that nobody listens on, and what we may not do, our children may not either.
 */
async function listenOnLoopback(): Promise<{ port: number; close: () => Promise<number> }> {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  const port = await new Promise<number>((resolve) => {
    server.once('error', () => resolve(1))
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 1)
    })
  })
  return {
    port,
    close: () => new Promise((resolve) => server.close(() => resolve(connections))),
  }
}
