import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { pictures } from './open-protected.ts'
import { printNextSteps, printRow } from './print.ts'
import { runSamples, type SampleRow } from './run-samples.ts'
import { type Site, startSite } from './start-site.ts'
import { whenNpmEnds } from './when-npm-ends.ts'

const usage = `npm start -- [--dir FOLDER] [--once] [--json] [--no-samples] [--resolver ADDRESS:PORT] [--clock FILE]

  --dir FOLDER             where the demonstration lives (default: var/demonstration)
  --once                   ends after the samples: status 0 only if each came out as expected
  --json                   one JSON line for each sample
  --no-samples             sends nothing; with --json prints one line with ports and folders when ready
  --resolver ADDRESS:PORT  the gateway asks this name server instead of the demonstration's own
  --clock FILE             the gateway lives in the time that stands in this file
`

/** As a shell tells that SIGINT ended a program. */
const interrupted = 130

// A sample that still waits for its mail must not keep us after Ctrl-C.
process.exit(await demonstrate(process.argv.slice(2)))

/** Status 0: all as expected. 1: a sample was not. 2: it could not be started. */
async function demonstrate(args: readonly string[]): Promise<number> {
  const stop = new AbortController()
  // The first signal ends all in order; whoever cannot wait sends SIGKILL, and the children end with us.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort())
  whenNpmEnds(() => stop.abort())
  try {
    const options = readOptions(args)
    if (options === undefined) {
      process.stdout.write(usage)
      return 0
    }
    const say = (text: string) => process.stderr.write(`${text}\n`)
    await using site = await startSite({
      folder: options.folder,
      ...(options.resolver === undefined ? {} : { resolver: options.resolver }),
      ...(options.clock === undefined ? {} : { settings: { testMode: { clock: options.clock } } }),
      onStep: (step) => {
        stop.signal.throwIfAborted()
        say(`starting: ${step}`)
      },
    })
    if (site.withoutMx !== undefined) {
      say(`All mail goes to one host and TLS partners are left out: ${site.withoutMx}.`)
    }
    const allWell = options.samples ? await showSamples(site, options.json, stop.signal) : true
    if (stop.signal.aborted) return interrupted
    if (options.json && !options.samples) process.stdout.write(`${JSON.stringify(readyLine(site))}\n`)
    if (!options.once) {
      if (!options.json) printNextSteps(site)
      await runUntil(site, stop.signal)
    }
    say('stopping')
    return allWell ? 0 : 1
  } catch (error) {
    if (stop.signal.aborted) return interrupted
    process.stderr.write(`${describe(error)}\n`)
    return 2
  }
}

async function showSamples(site: Site, json: boolean, signal: AbortSignal): Promise<boolean> {
  let allWell = true
  const rows = runSamples(site)
  for (;;) {
    const next = await Promise.race([rows.next(), aborted(signal)])
    if (next === undefined || next.done) break
    allWell &&= next.value.ok
    if (json) printJson(next.value)
    else printRow(next.value)
  }
  if (!json) for (const file of pictures(site)) process.stdout.write(`  picture  ${file}\n`)
  return allWell
}

function printJson({ sample, direction, reply, outcome, ok }: SampleRow): void {
  process.stdout.write(`${JSON.stringify({ sample, direction, reply, outcome, ok })}\n`)
}

/** What programs that test from outside need to know. */
function readyLine(site: Site) {
  return {
    ready: true,
    inbound: site.postfix.ports.inbound,
    submission: site.postfix.ports.submission,
    portal: site.portal,
    mail: site.folders.mail,
    settings: site.folders.settings,
    policies: site.folders.policies,
    log: site.folders.gatewayLog,
  }
}

/** Runs on until somebody says stop; a part that ends by itself is an error, not a quiet standstill. */
async function runUntil(site: Site, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const ended = site.ended()
    if (ended !== undefined) throw new Error(ended)
    await Promise.race([sleep(1000), aborted(signal)])
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      dir: { type: 'string', default: 'var/demonstration' },
      once: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'no-samples': { type: 'boolean', default: false },
      resolver: { type: 'string' },
      clock: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  const { dir, once, json, resolver } = values
  // npm runs us in the project's folder, wherever the person stood.
  const fromThere = (path: string) => resolve(process.env.INIT_CWD ?? process.cwd(), path)
  const clock = values.clock === undefined ? undefined : fromThere(values.clock)
  return { folder: fromThere(dir), once, json, samples: !values['no-samples'], resolver, clock }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}\n  because: ${describe(error.cause)}`
}
