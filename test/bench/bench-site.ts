import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Child, startChild } from '../../src/demonstration/child.ts'
import { accepts } from '../../src/demonstration/clamd.ts'
import { freePorts } from '../../src/demonstration/free-ports.ts'
import { anna } from '../../src/demonstration/people.ts'
import { pollUntil } from '../../src/demonstration/poll-until.ts'
import { mustRun } from '../../src/demonstration/run-program.ts'
import { makeSendingDomain, recordsOf, signedByDomain } from '../../src/demonstration/sender-records.ts'
import { type Site, startSite } from '../../src/demonstration/start-site.ts'

export type Variant = 'none' | 'C filter' | 'ours'
export const variants: readonly Variant[] = ['none', 'C filter', 'ours']

/** A demonstration's house whose Postfix has three listeners that differ in their milter only. */
export interface BenchSite extends AsyncDisposable {
  readonly site: Site
  readonly noopFilter: Child
  readonly ports: Readonly<Record<Variant, number>>
  /** A file for smtp-source: this message, DKIM-signed by a domain whose SPF and DMARC records pass. */
  messageFile(name: string, message: Buffer): Promise<string>
  readonly sender: string
  readonly recipient: string
  /** Waits until Postfix has delivered all it took. */
  queueEmpty(): Promise<void>
  /** Decisions and failures that the gateway logged so far. */
  outcomes(): { readonly accepted: number; readonly others: readonly string[] }
}

const source = new URL('./noop-filter.c', import.meta.url).pathname

export async function startBenchSite(folder: string): Promise<BenchSite> {
  await using started = new AsyncDisposableStack()
  mkdirSync(folder, { recursive: true })
  const program = join(folder, 'noop-filter')
  await mustRun(['gcc', '-O2', '-Wall', '-Wextra', '-o', program, source, '-lmilter', '-lpthread'])

  // smtp-source comes from this address and cannot choose another.
  const sending = makeSendingDomain({ domain: 'absender.example', clientAddress: '127.0.0.1' })
  const site = started.use(
    await startSite({
      folder: join(folder, 'site'),
      zone: recordsOf(sending, 'mx.anderswo.example'),
      // Delivery must cost the same for all and little.
      postfixParameters: { virtual_transport: 'discard:' },
      onStep: (step) => process.stderr.write(`  ${step}\n`),
    }),
  )
  const socket = join(site.folders.run, 'noop.sock')
  const noopFilter = started.use(
    await startChild([program, socket], { log: join(folder, 'noop-filter.log') }),
  )
  await pollUntil('the C filter listens', () => accepts(socket))

  const [none = 0, noop = 0] = await freePorts(2)
  const listener = (port: number, milters: string) =>
    `127.0.0.1:${port} inet n - n - - smtpd\n  -o { smtpd_milters = ${milters} }\n`
  const configured = site.postfix.configDirectory
  appendFileSync(
    join(configured, 'master.cf'),
    listener(none, '') + listener(noop, `{ unix:${socket}, default_action=tempfail, connect_timeout=10s }`),
  )
  const queue = join(dirname(configured), 'queue')
  process.kill(Number(readFileSync(join(queue, 'pid', 'master.pid'), 'utf8')), 'SIGHUP')
  for (const port of [none, noop]) await pollUntil('Postfix has read its listeners', () => smtpGreets(port))

  const stack = started.move()
  return {
    site,
    noopFilter,
    ports: { none, 'C filter': noop, ours: site.postfix.ports.inbound },
    async messageFile(name, message) {
      const file = join(folder, name)
      const signed = await signedByDomain(message, sending)
      // smtp-source ends each line with CRLF itself.
      writeFileSync(file, signed.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')
      return file
    },
    sender: `post@${sending.domain}`,
    recipient: anna,
    queueEmpty: () =>
      pollUntil(
        'the queue is empty',
        () =>
          ['maildrop', 'incoming', 'active', 'deferred'].every(
            (part) => readdirSync(join(queue, part)).length === 0,
          ),
        600_000,
      ).then(() => {}),
    outcomes() {
      const decided = site.events().filter(({ event }) => event === 'decided' || event === 'failed')
      const others = decided.filter(({ answer }) => answer !== 'accept')
      return {
        accepted: decided.length - others.length,
        others: others.map(({ answer, error }) => String(answer ?? error)),
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function smtpGreets(port: number): Promise<boolean> {
  try {
    await mustRun([
      'smtp-source',
      '-N',
      '-m',
      '1',
      '-f',
      'a@absender.example',
      '-t',
      anna,
      `127.0.0.1:${port}`,
    ])
    return true
  } catch {
    return false
  }
}
