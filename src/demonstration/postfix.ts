import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Child, lastLines, startChild } from './child.ts'
import { pollUntil } from './poll-until.ts'
import { type PostfixService, readPostfixSample, writeService } from './postfix-sample.ts'
import { mustRun, runProgram } from './run-program.ts'

/** A listener of the gateway: a unix path or `inet:127.0.0.1:PORT`. */
export type ListenerAddress = string

export interface PostfixPorts {
  readonly inbound: number
  readonly submission: number
  /** Where the hop through the gateway ends, 10025 in production. */
  readonly outbound: number
  /** Notices of the gateway itself, 10026 in production. */
  readonly notices: number
}

export interface PostfixOptions {
  /** Everything of this instance is below it; made anew. The user postfix must be able to pass all folders above. */
  readonly folder: string
  /** Postfix's log; it may stand where the user postfix cannot go. */
  readonly log: string
  readonly hostName: string
  readonly ownDomains: readonly string[]
  readonly ports: PostfixPorts
  /** Without one the listener runs without a milter. */
  readonly inboundMilter?: ListenerAddress
  readonly outboundMilter?: ListenerAddress
  readonly tlsPolicy?: ListenerAddress
  /** Where mail to our own domains is delivered. */
  readonly mailboxes: { readonly address: string; readonly port: number }
  /** Where other hosts listen: the port that Postfix takes for 25. */
  readonly foreignPort: number
  /** PEM file of the authorities that host certificates are checked against. */
  readonly hostAuthorities?: string
  /**
   * How next hops are found: a name server on port 53 that Postfix alone sees (mount namespace), or a table where
   * that is not permitted: domain or `*` -> next hop such as `[127.0.0.2]:2525`.
   */
  readonly nextHops:
    | { readonly kind: 'dns'; readonly server: string }
    | { readonly kind: 'table'; readonly table: Readonly<Record<string, string>> }
  /** Further lines for main.cf, such as shorter times; they win. */
  readonly parameters?: Readonly<Record<string, string>>
}

export interface Postfix extends AsyncDisposable {
  readonly ports: PostfixPorts
  readonly configDirectory: string
  readonly log: string
  /** A problem with Postfix itself; undefined while it runs. */
  ended(): string | undefined
  /** What postqueue -j shows. */
  queue(): Promise<readonly QueuedMessage[]>
  /** Tries everything in the queue now. */
  flush(): Promise<void>
}

export interface QueuedMessage {
  readonly queue_name: string
  readonly queue_id: string
  readonly sender: string
  readonly recipients: readonly { readonly address: string; readonly delay_reason?: string }[]
}

const sampleFile = new URL('../../postfix-sample.cf', import.meta.url)
const runPostfix = new URL('./run-postfix.sh', import.meta.url).pathname

/**
 * Starts a private Postfix as root from the fragments of postfix-sample.cf: own configuration, queue and data, all
 * listeners on 127.0.0.1, nothing in a chroot. The system's own Postfix and /etc/postfix are neither read nor changed.
 */
export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const { folder, log, ports } = options
  const configDirectory = join(folder, 'etc')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(configDirectory, { recursive: true })
  await makeQueue(folder)
  writeFileSync(join(configDirectory, 'main.cf'), mainCf(options))
  writeFileSync(join(configDirectory, 'master.cf'), masterCf(options))
  writeFileSync(join(folder, 'resolv.conf'), resolvConf(options))

  const daemons = (await mustRun(['postconf', '-d', '-h', 'daemon_directory'])).toString().trim()
  const master = [join(daemons, 'master'), '-d', '-s', '-c', configDirectory]
  const argv =
    options.nextHops.kind === 'dns'
      ? ['unshare', '--mount', 'sh', runPostfix, join(folder, 'resolv.conf'), ...master]
      : ['sh', runPostfix, '', ...master]
  const child = await startChild(argv, {
    log,
    environment: { LC_ALL: 'C' },
  })
  try {
    for (const port of Object.values(ports))
      await pollUntil(`Postfix greets on ${port}`, () => greets(port, child))
  } catch (error) {
    await child.stop()
    throw new Error(`Postfix did not start:\n${lastLines(log)}`, {
      cause: error,
    })
  }
  return {
    ports,
    configDirectory,
    log,
    ended: child.ended,
    queue: async () =>
      (await mustRun(['postqueue', '-c', configDirectory, '-j']))
        .toString()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as QueuedMessage),
    flush: async () => void (await mustRun(['postqueue', '-c', configDirectory, '-f'])),
    [Symbol.asyncDispose]: () => child.stop(),
  }
}

/** Whether this machine lets us give Postfix a resolv.conf of its own; if not, why. */
export async function ownResolverPermitted(): Promise<true | string> {
  const { status, stderr } = await runProgram(['unshare', '--mount', 'sh', runPostfix, '/etc/hosts', 'true'])
  return status === 0 || `mount namespaces are not permitted here (${stderr.trim().split('\n')[0]})`
}

function mainCf(options: PostfixOptions): string {
  const { folder, ports } = options
  const sample = readPostfixSample(readFileSync(sampleFile, 'utf8'))
  const parameters = new Map(sample.parameters)
  for (const [name, value] of parameters) parameters.set(name, placed(value, options))
  const own: Record<string, string> = {
    compatibility_level: '3.6',
    queue_directory: join(folder, 'queue'),
    data_directory: join(folder, 'data'),
    // Standard output, which is our log file: opened by us, so its folder may be closed to the user postfix.
    maillog_file: '/dev/stdout',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    myhostname: options.hostName,
    mydestination: '',
    alias_maps: '',
    alias_database: '',
    mynetworks: '127.0.0.0/8',
    virtual_mailbox_domains: options.ownDomains.join(', '),
    virtual_transport: `smtp:[${options.mailboxes.address}]:${options.mailboxes.port}`,
    smtp_tcp_port: String(options.foreignPort),
    smtp_tls_CAfile: options.hostAuthorities ?? '',
    // A demonstration does not wait five minutes for the second try, as Postfix's own values would.
    queue_run_delay: '5s',
    minimal_backoff_time: '5s',
    maximal_backoff_time: '30s',
    smtp_connect_timeout: '10s',
    // Only here: whoever is on this machine may choose the client address that the gateway judges.
    smtpd_authorized_xclient_hosts: '127.0.0.0/8',
    smtpd_client_connection_count_limit: '0',
    smtpd_client_connection_rate_limit: '0',
    smtpd_error_sleep_time: '0',
    ...(options.nextHops.kind === 'table'
      ? { transport_maps: `inline:{ ${transports(options, options.nextHops.table)} }` }
      : {}),
    ...options.parameters,
  }
  for (const [name, value] of Object.entries(own)) parameters.set(name, value)
  if (options.inboundMilter === undefined) parameters.set('postsiegel_inbound', '')
  if (options.outboundMilter === undefined) parameters.set('postsiegel_outbound', '')
  if (options.tlsPolicy === undefined) parameters.set('smtp_tls_policy_maps', '')
  const note = `# Written by the demonstration from postfix-sample.cf; inbound mail on port ${ports.inbound}.\n`
  return note + [...parameters].map(([name, value]) => `${name} = ${value}\n`).join('')
}

function masterCf(options: PostfixOptions): string {
  const sample = readPostfixSample(readFileSync(sampleFile, 'utf8'))
  const services = sample.services.map((service): PostfixService => {
    const placedService = { ...service, options: service.options.map((option) => placed(option, options)) }
    const address = addressOf(service, options.ports)
    if (service.name !== 'submission') return { ...placedService, name: address ?? service.name }
    return {
      ...placedService,
      name: address ?? service.name,
      options: [...placedService.options, ...noLogin],
    }
  })
  return `${[...services.map(writeService), ...debianServices].join('\n')}\n`
}

/** The demonstration has no passwords: whoever is on this machine is staff. The last option of a name wins. */
const noLogin = [
  'smtpd_tls_security_level=none',
  'smtpd_sasl_auth_enable=no',
  'smtpd_sender_restrictions=',
  'smtpd_relay_restrictions=permit_mynetworks,reject',
  'smtpd_recipient_restrictions=permit_mynetworks,reject',
]

/** The services of Debian's master.cf that the sample leaves as they are, here without chroot. */
const debianServices = [
  'cleanup unix n - n - 0 cleanup',
  'qmgr unix n - n 300 1 qmgr',
  'tlsmgr unix - - n 1000? 1 tlsmgr',
  'rewrite unix - - n - - trivial-rewrite',
  'bounce unix - - n - 0 bounce',
  'defer unix - - n - 0 bounce',
  'trace unix - - n - 0 bounce',
  'verify unix - - n - 1 verify',
  'flush unix n - n 1000? 0 flush',
  'proxymap unix - - n - - proxymap',
  'proxywrite unix - - n - 1 proxymap',
  'showq unix n - n - - showq',
  'error unix - - n - - error',
  'retry unix - - n - - error',
  'discard unix - - n - - discard',
  'local unix - n n - - local',
  'virtual unix - n n - - virtual',
  'anvil unix - - n - 1 anvil',
  'scache unix - - n - 1 scache',
  'postlog unix-dgram n - n - 1 postlogd',
]

function addressOf(service: PostfixService, ports: PostfixPorts): string | undefined {
  if (service.type !== 'inet') return undefined
  const port =
    { smtp: ports.inbound, submission: ports.submission }[service.name] ?? placedPort(service.name, ports)
  return `127.0.0.1:${port}`
}

function placedPort(name: string, ports: PostfixPorts): number {
  if (name === '127.0.0.1:10025') return ports.outbound
  if (name === '127.0.0.1:10026') return ports.notices
  throw new Error(`postfix-sample.cf has a listener that the demonstration does not know: ${name}`)
}

/** The sample's sockets and ports, replaced by those of this instance. */
function placed(text: string, { ports, inboundMilter, outboundMilter, tlsPolicy }: PostfixOptions): string {
  return text
    .replaceAll('unix:/run/postsiegel/inbound.sock', listener(inboundMilter))
    .replaceAll('unix:/run/postsiegel/outbound.sock', listener(outboundMilter))
    .replaceAll('unix:/run/postsiegel/tls-policy.sock', listener(tlsPolicy))
    .replaceAll('[127.0.0.1]:10025', `[127.0.0.1]:${ports.outbound}`)
}

function listener(address: ListenerAddress | undefined): string {
  return address === undefined || address.startsWith('inet:') ? (address ?? '') : `unix:${address}`
}

/** Our own domains first: a `*` in the table would take their mail as well. */
function transports(options: PostfixOptions, table: Readonly<Record<string, string>>): string {
  const { address, port } = options.mailboxes
  const own = options.ownDomains.map((domain) => [domain, `[${address}]:${port}`] as const)
  return [...own, ...Object.entries(table)]
    .map(([domain, nextHop]) => `{ ${domain} = smtp:${nextHop} }`)
    .join(', ')
}

function resolvConf({ nextHops }: PostfixOptions): string {
  return nextHops.kind === 'dns' ? `nameserver ${nextHops.server}\noptions timeout:2 attempts:2\n` : ''
}

/** What `postfix check` would make: owners and modes as in postfix-files, on folders of our own only. */
async function makeQueue(folder: string): Promise<void> {
  const [uid, gid] = await Promise.all([numberOf('passwd', 'postfix'), numberOf('group', 'postdrop')])
  const make = (name: string, mode: number, owner: number, group: number) => {
    const path = join(folder, name)
    mkdirSync(path, { recursive: true })
    chmodSync(path, mode)
    chownSync(path, owner, group)
  }
  make('data', 0o700, uid, 0)
  make('queue', 0o755, 0, 0)
  make('queue/pid', 0o755, 0, 0)
  const queues = [
    'active',
    'bounce',
    'corrupt',
    'defer',
    'deferred',
    'flush',
    'hold',
    'incoming',
    'private',
    'saved',
  ]
  for (const name of [...queues, 'trace']) make(`queue/${name}`, 0o700, uid, 0)
  make('queue/maildrop', 0o730, uid, gid)
  make('queue/public', 0o710, uid, gid)
}

async function numberOf(database: 'passwd' | 'group', name: string): Promise<number> {
  return Number((await mustRun(['getent', database, name])).toString().split(':')[2])
}

function greets(port: number, child: Child): Promise<boolean> {
  const reason = child.ended()
  if (reason !== undefined) return Promise.reject(new Error(reason))
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('data', () => resolve(true))
    // An smtpd that cannot start closes without a word.
    for (const event of ['error', 'close'] as const) socket.once(event, () => resolve(false))
    socket.once('data', () => socket.end('QUIT\r\n'))
  })
}
