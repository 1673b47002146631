import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { advertiser, carelessDomain, insurerDomain, ownDomain } from './people.ts'

/** Where a demonstration keeps things, below its folder. */
export interface SiteFolders {
  readonly top: string
  readonly settings: string
  readonly policies: string
  readonly state: string
  readonly mail: string
  readonly pictures: string
  readonly authority: string
  readonly log: string
  /** The gateway's decisions, a JSON line each. */
  readonly gatewayLog: string
  /** Short and open to the user postfix: sockets and Postfix itself. Gone at the end. */
  readonly run: string
}

export function siteFolders(top: string, run: string): SiteFolders {
  const folders = {
    top,
    settings: join(top, 'postsiegel.yaml'),
    policies: join(top, 'policies'),
    state: join(top, 'state'),
    mail: join(top, 'mail'),
    pictures: join(top, 'pictures'),
    authority: join(top, 'authority'),
    log: join(top, 'log'),
    gatewayLog: join(top, 'log', 'gateway.log'),
    run,
  }
  for (const folder of [folders.policies, folders.state, folders.mail, folders.pictures, folders.log]) {
    mkdirSync(folder, { recursive: true })
  }
  // Private keys are in here.
  mkdirSync(folders.authority, { recursive: true, mode: 0o700 })
  return folders
}

/** The sockets of this site's gateway: unix paths, at most 107 bytes each. */
export function socketsOf({ run }: SiteFolders) {
  const socket = (name: string) => join(run, `${name}.sock`)
  return {
    inbound: socket('inbound'),
    outbound: socket('outbound'),
    tlsPolicy: socket('tls-policy'),
    gateway: socket('gateway'),
    portal: socket('portal'),
    converter: socket('converter'),
  }
}

export interface SiteSettings {
  readonly clamd: string
  readonly resolver: string
  readonly noticesPort: number
  readonly portalPort: number
  readonly postfixConfig: string
  readonly trustAnchors: string
  /** More for the file; it wins. */
  readonly more: Readonly<Record<string, unknown>>
}

/** Writes postsiegel.yaml and its master key. */
export function writeSettings(folders: SiteFolders, site: SiteSettings): void {
  const masterKey = join(folders.authority, 'master-key')
  writeFileSync(masterKey, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 })
  const settings = {
    organization: { name: 'Kanzlei Muster', telephone: '+49 30 5550100', domains: [ownDomain] },
    listen: socketsOf(folders),
    // Everything runs as root here; installed, the portal has a group of its own.
    portal: { listen: `inet:127.0.0.1:${site.portalPort}`, group: 'root' },
    policies: folders.policies,
    state: folders.state,
    masterKey,
    resolver: [site.resolver],
    clamd: site.clamd,
    // The scanner of the demonstration knows one private signature, which has no date.
    freshSignatures: 'not-required',
    postfix: { configDirectory: site.postfixConfig, notices: `inet:127.0.0.1:${site.noticesPort}` },
    trustAnchors: [site.trustAnchors],
    ...site.more,
  }
  writeFileSync(folders.settings, stringify(settings))
}

/** How long the demonstration holds originals, instead of twelve hours. */
export const holdSeconds = 5

/** Writes the policies; they can be edited while the demonstration runs. */
export function writePolicies(folders: SiteFolders): void {
  const write = (name: string, text: string) => writeFileSync(join(folders.policies, name), text)
  write(
    '10-own-domain.yaml',
    `# Mail among colleagues does not leave the house: in the clear, signed where there is a certificate.
outbound:
  ${ownDomain}:
    protection: [none]
`,
  )
  write(
    '20-default.yaml',
    `# Everybody else: S/MIME if there is a certificate, OpenPGP if there is a key, else a PDF with the recipient's password, else the mail waits.
outbound:
  default:
    protection: [smime, openpgp, pdf]
    otherwise: wait
    sign: if-possible
inbound:
  default:
    office: convert
    # Without a recorded basis nothing is withheld; the PDF would lie beside the original.
    withholdingBasis: company rule of the demonstration
    hold: ${holdSeconds}s # 12h in earnest
`,
  )
  write(
    '30-partners.yaml',
    `# Partners who agreed on TLS: Postfix delivers to them only over verified TLS, or not at all.
outbound:
  ${insurerDomain}:
    protection: [tls]
    otherwise: reject
  ${carelessDomain}:
    protection: [tls]
    otherwise: reject
`,
  )
  write(
    '40-lists.yaml',
    `# Senders that we take no mail from.
block:
  - sender: ${advertiser.domain}
    reason: unwanted advertising
`,
  )
}
