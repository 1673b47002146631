import type { ControlAnswers } from '../gateway/calls/control-calls.ts'
import { printable } from './printable.ts'

type Shown = ControlAnswers['key-list'][number]

/** One key in one line. Addresses come from strangers: control characters never reach the terminal. */
export function keyLine(key: Shown): string {
  const { kind, fingerprint, trust, source, state, pinned, hasPrivateKey } = key
  const marks = [
    ...(state === 'active' ? [] : [state]),
    ...(pinned ? ['pinned'] : []),
    ...(hasPrivateKey ? ['with private key'] : []),
  ]
  const names = [...key.addresses, ...key.domains.map((domain) => `@${domain}`)].join(', ')
  return printable(
    `${names}  ${kind}  until ${endOf(key)}  ${trust} (${source})  ${marks.map((mark) => `${mark}  `).join('')}${fingerprint}`,
  )
}

/** Everything about one key, a row each. */
export function keyDetails(key: ControlAnswers['key-show']): string[] {
  const rows: [string, string | undefined][] = [
    ['kind', key.kind === 'smime' ? 'S/MIME certificate' : 'OpenPGP key'],
    ['fingerprint', key.fingerprint],
    ['addresses', key.addresses.join(', ')],
    ['domains', key.domains.join(', ') || undefined],
    ['subject', key.subject],
    ['issuer', key.issuer],
    ['valid', `${key.notBefore.slice(0, 10)} until ${endOf(key)}`],
    ['private key', key.hasPrivateKey ? 'here, sealed' : 'not here'],
    ['trust', `${key.trust}, from ${key.source}, ${key.addedAt.slice(0, 10)}`],
    ['state', key.pinned ? `${key.state}, pinned` : key.state],
    ['can read', key.capabilities.join(', ') || undefined],
  ]
  return rows.flatMap(([name, text]) => (text === undefined ? [] : [printable(`${name.padEnd(12)} ${text}`)]))
}

/** No line where nothing waited. */
export function retriedLine(retried: readonly string[]): string[] {
  return retried.length > 0 ? [`Waiting messages tried again: ${retried.join(', ')}`] : []
}

const endOf = ({ notAfter }: Shown) => notAfter?.slice(0, 10) ?? 'it is revoked'
