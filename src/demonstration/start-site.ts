import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KeyPair, makeAuthority, makeHostCertificate, makeMailCertificate } from './certificates.ts'
import { type Child, startChild } from './child.ts'
import { claimFolder } from './claim-folder.ts'
import { accepts, type Clamd, startClamd } from './clamd.ts'
import type { DnsServer, Zone } from './dns-server.ts'
import { freePorts } from './free-ports.ts'
import { openLoopbackNetwork } from './loopback-network.ts'
import { type MailSink, type SunkMail, startMailSink } from './mail-sink.ts'
import { anna, builderAddress, carelessDomain, insurerDomain, ownDomain, senders } from './people.ts'
import { pollUntil } from './poll-until.ts'
import { ownResolverPermitted, type Postfix, startPostfix } from './postfix.ts'
import { type ProgramResult, runProgram } from './run-program.ts'
import { makeSendingDomain, recordsOf, type SendingDomain } from './sender-records.ts'
import { type SiteFolders, siteFolders, socketsOf, writePolicies, writeSettings } from './site-files.ts'

export interface SiteOptions {
  /** The folder of this site; an earlier demonstration in it is removed. */
  readonly folder: string
  /** `address:port` that the gateway asks instead of the site's own name server. */
  readonly resolver?: string
  /** More names for the site's own name server. */
  readonly zone?: Zone
  /** More for postsiegel.yaml; it wins. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** More lines for Postfix's main.cf. */
  readonly postfixParameters?: Readonly<Record<string, string>>
  /** Told about each step. */
  readonly onStep?: (step: string) => void
}

/** A whole house on loopback: name server, scanner, hosts outside, converter, gateway, portal, Postfix. */
export interface Site extends AsyncDisposable {
  readonly folders: SiteFolders
  readonly postfix: Postfix
  readonly dns: DnsServer
  readonly clamd: Clamd
  readonly authority: KeyPair
  /** Certificate and key of the client who has S/MIME. */
  readonly builderKeys: KeyPair
  readonly sendingDomains: ReadonlyMap<string, SendingDomain>
  /** Why next hops come from a table and TLS partners cannot be shown; undefined where all is as it should be. */
  readonly withoutMx: string | undefined
  /** Everything that arrived anywhere, oldest first. */
  received(): readonly SunkMail[]
  /** One JSON line of the gateway's log each. */
  events(): readonly GatewayEvent[]
  /** `bin/postsiegel --settings … ARGUMENTS`. */
  command(args: readonly string[], input?: string): Promise<ProgramResult>
  readonly gatewayPid: number
  /** What ended without being asked to; undefined while all is well. */
  ended(): string | undefined
  /** Ends the gateway by this signal and waits until it is gone. */
  stopGateway(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts the gateway again; resolves when it is ready. */
  startGateway(): Promise<void>
  readonly converter: Child
  /** Starts the converter again after it was ended; resolves when it listens. */
  startConverter(): Promise<Child>
  /** Where the pages for people outside are, such as `http://127.0.0.1:8080`. */
  readonly portal: string
}

export type GatewayEvent = Readonly<Record<string, unknown>> & { readonly event: string }

const program = new URL('../../bin/postsiegel', import.meta.url).pathname

/** Starts everything in order; whatever was started is ended again if a step fails, and when the site is disposed of. */
export async function startSite(options: SiteOptions): Promise<Site> {
  await using started = new AsyncDisposableStack()
  const step = options.onStep ?? (() => {})
  const { run } = started.use(claimFolder(options.folder))
  const folders = siteFolders(options.folder, run)

  step('keys and certificates')
  const authority = await makeAuthority(folders.authority, 'mail-authority')
  const hostAuthority = await makeAuthority(folders.authority, 'host-authority')
  const builderKeys = await makeMailCertificate(authority, folders.authority, builderAddress)
  const annaKeys = await makeMailCertificate(authority, folders.authority, anna)
  const sendingDomains = new Map(senders.map((sender) => [sender.domain, makeSendingDomain(sender)]))

  step('name server, hosts outside')
  const foreign = { host: 'mx.anderswo.example', tls: `mx.${insurerDomain}`, plain: `mx.${carelessDomain}` }
  const network = await openLoopbackNetwork((address) => ({
    mxOfUnknown: foreign.host,
    zone: {
      [ownDomain]: { TXT: ['v=spf1 -all'], MX: [{ preference: 10, exchange: `mx.${ownDomain}` }] },
      [`_dmarc.${ownDomain}`]: { TXT: ['v=DMARC1; p=reject'] },
      [`mx.${ownDomain}`]: { A: ['127.0.0.1'] },
      [foreign.host]: { A: [address(10)] },
      [insurerDomain]: { MX: [{ preference: 10, exchange: foreign.tls }] },
      [foreign.tls]: { A: [address(20)] },
      [carelessDomain]: { MX: [{ preference: 10, exchange: foreign.plain }] },
      [foreign.plain]: { A: [address(30)] },
      ...Object.assign({}, ...[...sendingDomains.values()].map((sender) => recordsOf(sender, foreign.host))),
      ...options.zone,
    },
  }))
  started.use(network.dns)
  const addresses = [network.address(10), network.address(20), network.address(30)]
  const [foreignPort = 0] = await freePorts(1, addresses)
  const sinks: MailSink[] = []
  const sink = async (address: string, port: number, hostName: string, tls?: KeyPair) => {
    const pair = tls ? { tls: { key: tls.key, certificate: tls.certificate } } : {}
    const opened = await startMailSink({ address, port, hostName, folder: folders.mail, ...pair })
    sinks.push(started.use(opened))
    return opened
  }
  const mailboxes = await sink('127.0.0.1', 0, `mailboxes.${ownDomain}`)
  const anywhere = await makeHostCertificate(hostAuthority, folders.authority, [foreign.host])
  await sink(network.address(10), foreignPort, foreign.host, anywhere)
  const insurer = await makeHostCertificate(hostAuthority, folders.authority, [foreign.tls, insurerDomain])
  await sink(network.address(20), foreignPort, foreign.tls, insurer)
  await sink(network.address(30), foreignPort, foreign.plain)

  step('virus scanner')
  mkdirSync(join(run, 'clamd'))
  const clamd = started.use(await startClamd(join(run, 'clamd'), run, join(folders.log, 'clamd.log')))

  const [inbound = 0, submission = 0, outbound = 0, notices = 0, portalPort = 0] = await freePorts(5)
  const postfixFolder = join(run, 'postfix')
  writePolicies(folders)
  writeSettings(folders, {
    clamd: clamd.socket,
    resolver: options.resolver ?? `${network.dns.address}:${network.dns.port}`,
    noticesPort: notices,
    portalPort,
    postfixConfig: join(postfixFolder, 'etc'),
    trustAnchors: authority.certificateFile,
    more: options.settings ?? {},
  })

  step('converter')
  const sockets = socketsOf(folders)
  const serve = (name: string, log: string) =>
    startChild([program, name, '--settings', folders.settings], { log })
  let converter: Child | undefined
  const startConverter = async () => {
    const child = await serve('converter', join(folders.log, 'converter.log'))
    converter = child
    await pollUntil('the converter listens', () => running(child) && accepts(sockets.converter))
    return child
  }
  started.defer(() => converter?.stop())
  await startConverter()

  step('gateway')
  const events = () => readEvents(folders.gatewayLog)
  let gateway: Child | undefined
  const startGateway = async () => {
    const before = events().length
    const child = await serve('serve', folders.gatewayLog)
    gateway = child
    await pollUntil(
      'the gateway is ready',
      () =>
        running(child) &&
        events()
          .slice(before)
          .some(({ event }) => event === 'ready'),
    )
  }
  const stopGateway = async (signal: 'SIGTERM' | 'SIGKILL') => {
    const child = gateway
    if (signal === 'SIGKILL' && child?.ended() === undefined) child?.signal(signal)
    await child?.stop()
  }
  started.defer(() => stopGateway('SIGTERM'))
  await startGateway()

  step('portal')
  const portalUrl = `http://127.0.0.1:${portalPort}`
  const portal = started.use(await serve('portal', join(folders.log, 'portal.log')))
  await pollUntil('the portal answers', () => running(portal) && answers(`${portalUrl}/health`))

  step('Postfix')
  const permitted = network.onPort53
    ? await ownResolverPermitted()
    : 'port 53 is taken on all loopback addresses'
  const postfix = started.use(
    await startPostfix({
      folder: postfixFolder,
      log: join(folders.log, 'postfix.log'),
      hostName: `mx.${ownDomain}`,
      ownDomains: [ownDomain],
      ports: { inbound, submission, outbound, notices },
      inboundMilter: sockets.inbound,
      outboundMilter: sockets.outbound,
      tlsPolicy: sockets.tlsPolicy,
      mailboxes: { address: '127.0.0.1', port: mailboxes.port },
      foreignPort,
      hostAuthorities: hostAuthority.certificateFile,
      nextHops:
        permitted === true
          ? { kind: 'dns', server: network.dns.address }
          : { kind: 'table', table: { '*': `[${network.address(10)}]:${foreignPort}` } },
      ...(options.postfixParameters ? { parameters: options.postfixParameters } : {}),
    }),
  )

  const command = (args: readonly string[], input?: string) =>
    runProgram([program, ...args, '--settings', folders.settings], input)
  step('certificates of the house and of a client')
  const both = join(folders.authority, 'anna-with-key.pem')
  writeFileSync(both, annaKeys.certificate + annaKeys.key, { mode: 0o600 })
  for (const file of [both, builderKeys.certificateFile]) {
    const { status, stderr } = await command(['key', 'import', file])
    if (status !== 0) throw new Error(`key import ended with status ${status}: ${stderr}`)
  }

  const stack = started.move()
  return {
    folders,
    postfix,
    dns: network.dns,
    clamd,
    authority,
    builderKeys,
    sendingDomains,
    withoutMx: permitted === true ? undefined : permitted,
    received: () => sinks.flatMap((each) => each.received()),
    events,
    command,
    get gatewayPid() {
      return gateway?.pid ?? 0
    },
    ended: () =>
      gateway?.ended() ?? converter?.ended() ?? portal.ended() ?? postfix.ended() ?? clamd.child.ended(),
    stopGateway,
    startGateway,
    get converter() {
      if (!converter) throw new Error('the converter was not started')
      return converter
    },
    startConverter,
    portal: portalUrl,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

function running(child: Child): true {
  const reason = child.ended()
  if (reason !== undefined) throw new Error(reason)
  return true
}

/** Whether a page is there. */
async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false // nobody listens yet
  }
}

function readEvents(log: string): GatewayEvent[] {
  const found: GatewayEvent[] = []
  for (const line of readFileSync(log, { encoding: 'utf8', flag: 'a+' }).split('\n')) {
    if (!line.startsWith('{')) continue
    try {
      found.push(JSON.parse(line) as GatewayEvent)
    } catch {
      // The last line, half written: whole at the next look.
    }
  }
  return found
}
