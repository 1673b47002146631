import { access, constants } from 'node:fs/promises'
import { connect } from 'node:net'
import { readPolicies } from '../config/read-policies.ts'
import { defaultMasterKey, readSettings, type Settings } from '../config/settings.ts'
import { listsInFiles } from '../keys/revocation/lists-in-files.ts'
import { readTrustAnchors } from '../keys/x509/trust-anchors.ts'
import { checkMasterKey } from './check-master-key.ts'
import { checkPostfix } from './check-postfix.ts'
import type { Command } from './command.ts'

/** One thing that was looked at. `remedy` says what to do where it is not as it should be. */
interface Finding {
  readonly what: string
  readonly problem: string | undefined
}

/** Reads settings, policies and keys as the gateway would, and looks for what it needs beside it; changes nothing. */
export const check: Command = {
  name: 'check',
  usage: '',
  summary: 'whether settings, policies, keys and neighbours are as the gateway needs them',
  async run({ options, print }) {
    const settings = await readSettings(options.settings, process.env)
    const findings = [
      { what: options.settings, problem: undefined },
      await look(options.policies ?? settings.policies, () =>
        readPolicies(options.policies ?? settings.policies, 1),
      ),
      await look('master key', () => checkMasterKey(settings.masterKey, sealedFor(settings))),
      await look('trust anchors', () => readTrustAnchors(settings.trustAnchors)),
      await look('authorities of partners', () =>
        checkPartnerAuthorities(options.policies ?? settings.policies),
      ),
      await look('revocation lists', listsInFiles(settings.trustAnchors, refuse)),
      await look('virus scanner', () => checkScanner(settings)),
      await look('converter', () => reach(settings.listen.converter)),
      await look('Postfix', () => access(`${settings.postfix.configDirectory}/main.cf`, constants.R_OK)),
      await look('Postfix parameters', async () =>
        checkPostfix(settings.postfix.configDirectory, {
          tlsPolicy: settings.listen.tlsPolicy,
          usesTls: await usesTls(options.policies ?? settings.policies),
        }),
      ),
      await look('listener for notices', () => reach(settings.postfix.notices)),
    ]
    if (options.json) print(JSON.stringify(findings))
    else
      print(
        findings
          .map(({ what, problem }) => (problem ? `WRONG  ${what}: ${problem}` : `ok     ${what}`))
          .join('\n'),
      )
    return findings.some(({ problem }) => problem !== undefined) ? 1 : 0
  },
}

function refuse(problem: unknown): never {
  throw problem
}

async function look(what: string, tryIt: () => Promise<unknown>): Promise<Finding> {
  return tryIt().then(
    () => ({ what, problem: undefined }),
    (error: unknown) => ({ what, problem: error instanceof Error ? error.message : String(error) }),
  )
}

/** A broken policy is a finding of its own, and may have meant to. */
async function usesTls(folder: string): Promise<boolean> {
  const policies = await readPolicies(folder, 1).catch(() => undefined)
  return !policies || [...policies.outbound.values()].some(({ protection }) => protection?.includes('tls'))
}

/** A file that cannot be read would count for nobody. */
async function checkPartnerAuthorities(folder: string): Promise<void> {
  const policies = await readPolicies(folder, 1).catch(() => undefined)
  for (const [partner, { authorities }] of policies?.partners ?? []) {
    try {
      await readTrustAnchors(authorities)
    } catch (cause) {
      throw new Error(`${partner}: ${cause instanceof Error ? cause.message : cause}`, { cause })
    }
  }
}

/** Where the unit has its credential from, unless the settings name a file. */
function sealedFor({ masterKey }: Settings): string | undefined {
  return masterKey === defaultMasterKey ? '/etc/credstore.encrypted/postsiegel.master-key' : undefined
}

async function checkScanner({ clamd, freshSignatures }: Settings): Promise<void> {
  // Loaded only here: the other commands start without them.
  const { scanWith } = await import('../inspection/clamd.ts')
  const { believeFreshSignatures } = await import('../inspection/fresh-signatures.ts')
  const { tellsLimits } = await import('../inspection/tells-limits.ts')
  const scan = believeFreshSignatures(scanWith(clamd, { timeoutMs: 10_000 }), {
    required: freshSignatures === 'required',
    now: () => new Date(),
  })
  const signal = AbortSignal.timeout(20_000)
  const result = await scan(emptyStream(), signal)
  if (result.kind !== 'clean') throw new Error(result.kind === 'unknown' ? result.reason : result.name)
  if (!(await tellsLimits(scan, signal)))
    throw new Error('it calls clean what is above its limits: set "AlertExceedsMax yes" in clamd.conf')
}

async function* emptyStream(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array([0x0a])
}

/** Whether somebody listens at a socket path or `inet:HOST:PORT`. */
function reach(where: string): Promise<void> {
  const inet = /^inet:\[?(.+?)\]?:(\d+)$/.exec(where)
  return new Promise((resolve, reject) => {
    const socket = inet ? connect(Number(inet[2]), inet[1] ?? '') : connect(where)
    socket.setTimeout(3000, () => socket.destroy(new Error(`${where} does not answer`)))
    socket.once('error', (error) => reject(new Error(`nobody listens on ${where}`, { cause: error })))
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
  })
}
