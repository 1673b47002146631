import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

const asked = [
  'allow_percent_hack',
  'swap_bangpath',
  'milter_default_action',
  'postsiegel_destination_recipient_limit',
  'relayhost',
  'smtp_tls_policy_maps',
] as const

/** Fails with the first of Postfix's parameters by which mail could leave past our policies. */
export async function checkPostfix(configDirectory: string, site: PostfixSite): Promise<void> {
  const argv = ['-c', configDirectory, '-x', ...asked]
  const { stdout } = await run('/usr/sbin/postconf', argv, { timeout: 20_000 })
  const lines = stdout.split('\n').map((line) => /^(\w+) = ?(.*)$/.exec(line))
  const parameters = new Map(lines.map((line) => [line?.[1] ?? '', line?.[2]?.trim() ?? '']))
  const problem = postfixProblem(parameters, site)
  if (problem !== undefined) throw new Error(problem)
}

export interface PostfixSite {
  /** Where our policy map listens, as in the settings. */
  readonly tlsPolicy: string
  /** Whether any policy protects mail by TLS. */
  readonly usesTls: boolean
}

/** What main.cf must say (postfix-sample.cf has the reasons); the first deviation, or undefined. */
export function postfixProblem(
  parameters: ReadonlyMap<string, string>,
  { tlsPolicy, usesTls }: PostfixSite,
): string | undefined {
  const value = (name: (typeof asked)[number]) => parameters.get(name) ?? ''
  const wanted = [
    ['allow_percent_hack', 'no'],
    ['swap_bangpath', 'no'],
    ['milter_default_action', 'tempfail'],
    ['postsiegel_destination_recipient_limit', '1'],
  ] as const
  for (const [name, right] of wanted) {
    if (value(name) !== right) return `main.cf: ${name} must be ${right}, see postfix-sample.cf`
  }
  if (!usesTls) return undefined
  const map = `socketmap:${tlsPolicy.startsWith('/') ? 'unix:' : ''}${tlsPolicy}:tls`
  if (value('smtp_tls_policy_maps').split(/[\s,]+/)[0] !== map) {
    return `main.cf: smtp_tls_policy_maps must begin with ${map}, or mail to TLS partners leaves as it can`
  }
  if (value('relayhost') !== '') {
    return 'main.cf: with a relayhost the TLS policy is asked for the relay, so that mail to TLS partners leaves as it can'
  }
  return undefined
}
