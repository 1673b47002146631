import { join } from 'node:path'
import { z } from 'zod'
import { codeMeanings, codePattern } from '../policy/list-codes.ts'
import { Duration } from '../policy/policy.ts'
import { ConfigProblem } from './config-problem.ts'
import { readText } from './read-text.ts'
import { readYaml } from './read-yaml.ts'
import {
  dnsServer,
  groupName,
  keyServer,
  LdapDirectory,
  listenAddress,
  loopbackAddress,
  ownDomain,
  path,
  peerAddress,
  socketPath,
} from './setting-values.ts'

/** A list that is asked by DNS (RFC 5782); what its answers mean stands in a table of its operator. */
const DnsList = z.strictObject({
  name: z.string().trim().min(1).max(60).describe('its name, as refused senders read it'),
  zone: z
    .string()
    .max(200)
    .regex(/^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9-]+$/i, 'a domain such as bl.example.org')
    .describe('the domain below which it is asked, with the key of the operator where one is needed'),
  of: z
    .enum(['addresses', 'domains'])
    .describe('addresses: the connecting server is looked up; domains: those of author and envelope sender'),
  codes: z
    .record(
      z.string().regex(codePattern, 'a pattern such as 127.0.0.2, 127.0.0.4-7 or 127.0.*.3'),
      z.enum(codeMeanings),
    )
    .refine((codes) => Object.keys(codes).length > 0, 'at least one answer must mean something')
    .describe(
      'patterns of answers, the first that fits counts: strong, weak, welcome, warmly-welcome, ignore, or off where the operator refuses to answer; what fits none means nothing',
    ),
  url: z
    .string()
    .max(300)
    .regex(/^https?:\/\/[!-~]+$/, 'an address that begins with https://')
    .describe('page about a listing, for refused senders; {subject} stands for the address or domain')
    .exactOptional(),
})

/** The file with the master key where neither the settings nor systemd name another. */
export const defaultMasterKey = '/etc/postsiegel/master-key'

/** postsiegel.yaml as it is written. What is left out has the default that stands here. */
export const SettingsFile = z.strictObject({
  organization: z.strictObject({
    name: z
      .string()
      .min(1)
      .max(100)
      .describe('our name, in replies to refused senders and in mail that we write'),
    telephone: z.string().min(3).max(40).describe('whom a refused sender should call'),
    domains: z.array(ownDomain).min(1).describe('our own mail domains; what arrives from them must prove it'),
    postmaster: z
      .string()
      .max(320)
      .regex(/^[^\s@<>]+@[^\s@<>]+$/, 'an address such as postmaster@example.org')
      .exactOptional()
      .describe(
        'who is told of locked and stuck originals and of keys that expire; left out: postmaster at the first of our domains',
      ),
  }),
  listen: z
    .strictObject({
      inbound: listenAddress
        .default('/run/postsiegel/inbound.sock')
        .describe('milter socket for mail from outside: a path or inet:127.0.0.1:PORT'),
      outbound: listenAddress
        .default('/run/postsiegel/outbound.sock')
        .describe('milter socket for our own mail; what comes over it is believed to be ours'),
      tlsPolicy: listenAddress
        .default('/run/postsiegel/tls-policy.sock')
        .describe('socketmap for smtp_tls_policy_maps, map name tls'),
      gateway: socketPath
        .default('/run/postsiegel/gateway.sock')
        .describe('socket for the command line, a path'),
      portal: socketPath
        .default('/run/postsiegel/portal.sock')
        .describe('socket on which the gateway answers the portal, a path'),
      converter: socketPath
        .default('/run/postsiegel-converter/converter.sock')
        .describe('socket of the converter for hostile documents, a path'),
    })
    .prefault({}),
  socketGroup: groupName.default('postfix').describe('group that may connect to our sockets'),
  portal: z
    .strictObject({
      listen: loopbackAddress
        .default('inet:127.0.0.1:8080')
        .describe('where a reverse proxy with TLS finds the pages for people outside: inet:127.0.0.1:PORT'),
      group: groupName
        .default('postsiegel-portal')
        .describe('group that may connect to listen.portal: that of the portal'),
    })
    .exactOptional()
    .describe('pages for people outside; left out: there is no portal'),
  policies: path
    .default('/etc/postsiegel/policies')
    .describe('folder of the policy files, read again when they change'),
  state: path.default('/var/lib/postsiegel').describe('folder for everything that we keep'),
  database: z
    .string()
    .regex(/^postgres(ql)?:\/\/\S+$/, 'an address such as postgres://user@host/name')
    .exactOptional()
    .describe('postgres://user@host/name; left out: the SQLite file postsiegel.db in the folder state'),
  blobs: path
    .exactOptional()
    .describe('folder of the sealed originals; left out: the folder blobs in the folder state'),
  masterKey: path
    .exactOptional()
    .describe(
      'file with 32 random bytes in base64, seals what we keep; left out: the systemd credential master-key, ' +
        'without one /etc/postsiegel/master-key',
    ),
  resolver: z
    .array(dnsServer)
    .min(1)
    .exactOptional()
    .describe('DNS servers as address:port; left out: those of the system'),
  clamd: peerAddress.default('/run/clamav/clamd.ctl').describe('virus scanner: a path or inet:HOST:PORT'),
  freshSignatures: z
    .enum(['required', 'not-required'])
    .default('required')
    .describe(
      'required: nothing is clean by signatures older than 72 hours, no original is released before a scan with signatures ' +
        'newer than its arrival; not-required: only for a scanner that tells no date of its signatures',
    ),
  scorer: z
    .strictObject({
      kind: z
        .enum(['rspamd', 'spamassassin'])
        .describe('rspamd: HTTP of its worker (/checkv2); spamassassin: the protocol of spamd'),
      address: peerAddress.describe('a path or inet:HOST:PORT, such as inet:127.0.0.1:11333'),
    })
    .exactOptional()
    .describe(
      'program that scores the words and links of mail from outside, of which it gets the first MiB as it came; left out: nobody does',
    ),
  postfix: z
    .strictObject({
      configDirectory: path.default('/etc/postfix').describe('the configuration of the Postfix beside us'),
      notices: peerAddress
        .default('inet:127.0.0.1:10026')
        .describe('SMTP listener of Postfix for the mail that we write ourselves'),
    })
    .prefault({}),
  trustAnchors: z
    .array(z.union([z.literal('system'), path]))
    .min(1)
    .default(['system'])
    .describe(
      'certification authorities that we trust for everybody: the word system for the list of the operating system (package ca-certificates), and PEM files with others; revocation lists (X509 CRL) in files count too, and are read again when a file changes',
    ),
  revocation: z
    .enum(['required', 'if-known', 'off'])
    .default('if-known')
    .describe(
      'whether certificates were revoked is asked of their authorities (OCSP, then lists). if-known: what is known to be revoked does not count; ' +
        'required: nor does what cannot be found out; off: nobody is asked, only lists in the files of trustAnchors count',
    ),
  privateHosts: z
    .array(
      z
        .string()
        .regex(
          /^[a-z0-9.-]{1,253}$|^[0-9a-f:]{2,45}$/,
          'a host name in lower case such as pki.example.org, or an IP address',
        ),
    )
    .max(20)
    .default([])
    .describe(
      'hosts at private addresses that may be asked for revocation lists and by OCSP, such as an authority in the house; all others must have public addresses',
    ),
  discovery: z
    .strictObject({
      wkd: z
        .boolean()
        .default(false)
        .describe('ask the web key directory of the recipient’s domain for OpenPGP keys, over HTTPS'),
      vks: z
        .array(keyServer)
        .max(5)
        .default([])
        .describe('key servers that confirm addresses, such as keys.openpgp.org'),
      hkp: z
        .array(keyServer)
        .max(5)
        .default([])
        .describe('other OpenPGP key servers, asked over HTTPS (HKPS)'),
      ldap: z
        .array(LdapDirectory)
        .max(5)
        .default([])
        .describe('directories with S/MIME certificates, each as { url, base, authorities }'),
      dns: z
        .boolean()
        .default(false)
        .describe('ask the DNS for keys (OPENPGPKEY, SMIMEA); only answers proven by DNSSEC count'),
      trustedResolver: dnsServer
        .exactOptional()
        .describe(
          'DNS server that proves answers by DNSSEC, reached by a way that nobody can change; left out: only DNS servers ' +
            'at loopback addresses are believed',
        ),
      autocrypt: z
        .boolean()
        .default(true)
        .describe(
          'keep OpenPGP keys that come with authenticated mail (Autocrypt); a policy decides if they are used',
        ),
      harvest: z
        .boolean()
        .default(true)
        .describe('keep S/MIME certificates from mail whose signature is valid'),
    })
    .prefault({})
    .describe('where keys of people outside come from; what is not named here is never asked'),
  intake: z
    .strictObject({
      address: z
        .string()
        .max(320)
        .regex(
          /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/i,
          'an address such as emailzertifikat@example.org',
        )
        .describe('address of ours to which people send their certificates and keys, a mailbox as any other'),
      activate: z
        .enum(['proven', 'review'])
        .default('proven')
        .describe(
          'proven: used once its owner has answered a mail encrypted to it; review: somebody here looks at it then, postsiegel intake accept',
        ),
      days: z
        .int()
        .min(3)
        .max(60)
        .default(7)
        .describe('within how many days it is set up; the postmaster is told two days and one day before'),
    })
    .exactOptional()
    .describe('takes certificates and keys by mail; left out: such mail is mail like any other'),
  lists: z
    .array(DnsList)
    .max(20)
    .refine((lists) => new Set(lists.map(({ name }) => name)).size === lists.length, 'each name once')
    .default([])
    .describe(
      'block and welcome lists that are asked by DNS, each as { name, zone, of, codes, url }; what is not named here is never asked',
    ),
  limits: z
    .strictObject({
      messageBytes: z
        .int()
        .min(64 * 1024)
        .max(2 ** 31 - 1)
        .default(60 * 1024 * 1024)
        .describe('largest message in bytes; not below message_size_limit of Postfix'),
      connections: z
        .int()
        .min(1)
        .max(10_000)
        .default(200)
        .describe('connections from Postfix at the same time'),
    })
    .prefault({}),
  trust: z
    .strictObject({
      clearText: Duration.exactOptional().describe(
        'how long the names of people whom we write to can be read by administrators, such as 30d; left out: their addresses are stored as keyed hashes only',
      ),
    })
    .prefault({}),
  retention: z
    .strictObject({
      decisions: Duration.prefault('30d').describe('how long decision records are kept, such as 30d'),
      released: Duration.prefault('30d').describe(
        'how long we remember originals that were released or deleted, such as 30d; their files: keepReleased of the policies',
      ),
      correspondents: Duration.prefault('730d').describe(
        'how long we remember people with whom there is no contact any more, such as 730d',
      ),
    })
    .prefault({}),
  testMode: z
    .strictObject({
      clock: path.describe(
        'file with the time that shall be, such as 2026-11-22T08:00:00Z; it stands until the file is rewritten',
      ),
    })
    .exactOptional()
    .describe('only for tests: the gateway lives in a simulated time; left out: nothing can set its clock'),
})

/** Everything the process was told, with all defaults filled in. Durations in milliseconds, domains as A-labels. */
export interface Settings extends Omit<z.output<typeof SettingsFile>, 'database' | 'blobs' | 'masterKey'> {
  readonly database:
    | { readonly kind: 'sqlite'; readonly file: string }
    | { readonly kind: 'postgres'; readonly url: string }
  readonly blobs: string
  /** The file that holds the key, not the key. */
  readonly masterKey: string
}

/**
 * Reads postsiegel.yaml. `environment` is that of the process: systemd names the folder of its credentials there.
 * Fails with a ConfigProblem that says where and what to do.
 */
export async function readSettings(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Settings> {
  const { value, placeOf } = readYaml(await readText(file), file, SettingsFile)
  const { database, blobs, masterKey, ...settings } = value
  const seen = new Map<string, string>()
  for (const [name, address] of Object.entries(settings.listen)) {
    const other = seen.get(address)
    if (other !== undefined && !address.endsWith(':0')) {
      const message = `listen.${other} has the same address; which socket a message comes over says whose it is`
      throw new ConfigProblem([{ ...placeOf(['listen', name]), field: `listen.${name}`, message }])
    }
    seen.set(address, name)
  }
  const credentials = environment.CREDENTIALS_DIRECTORY
  return {
    ...settings,
    database: database
      ? { kind: 'postgres', url: database }
      : { kind: 'sqlite', file: join(settings.state, 'postsiegel.db') },
    blobs: blobs ?? join(settings.state, 'blobs'),
    masterKey: masterKey ?? (credentials ? join(credentials, 'master-key') : defaultMasterKey),
  }
}
