import type { Confinement } from '../../src/converter/probe-confinement.ts'
import { serveConverter } from '../../src/converter/serve.ts'

/** The converter in a process of its own, so that what it costs can be told apart. Argument: its socket. */
const [, , listen = ''] = process.argv
const stopped = new Promise((resolve) => process.once('SIGTERM', resolve))
{
  await using server = await serveConverter({ listen, onEvent: () => {} })
  const { rung }: Confinement = await server.confined
  console.log(`confined by ${rung ?? 'nothing'}`)
  await stopped
}
