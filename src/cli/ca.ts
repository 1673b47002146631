import type { ControlAnswers } from '../gateway/calls/control-calls.ts'
import { askGateway } from './ask-gateway.ts'
import { type Command, UsageError } from './command.ts'
import { printable } from './printable.ts'

export const ca: Command = {
  name: 'ca',
  usage: 'create NAME | show | issue ADDRESS | list | revoke FINGERPRINT | crl',
  summary:
    'our own certification authority for closed groups; show and crl print what partners need, issue makes key and certificate of one of us',
  async run({ words: [verb, what = ''], options, print }) {
    const tell = (answer: unknown, text: string) => print(options.json ? JSON.stringify(answer) : text)
    switch (verb) {
      case 'create': {
        const made = await askGateway(options, 'ca-create', { name: what })
        tell(made, `${printable(made.name)}  ${made.fingerprint}\ntrusted here from now on`)
        return 0
      }
      case 'show': {
        const authority = await askGateway(options, 'ca-show', {})
        tell(authority, authority.certificate.trimEnd())
        return 0
      }
      case 'issue': {
        const { name } = options
        const person = name === undefined ? { address: what } : { address: what, name }
        const issued = await askGateway(options, 'ca-issue', person)
        tell(issued, lineOf(issued))
        return 0
      }
      case 'list': {
        const list = await askGateway(options, 'ca-list', {})
        tell(list, list.map(lineOf).join('\n') || 'nothing issued yet')
        return 0
      }
      case 'revoke': {
        const answer = await askGateway(options, 'ca-revoke', { fingerprint: what.toLowerCase() })
        tell(answer, 'revoked; partners learn of it by the list that `postsiegel ca crl` prints')
        return 0
      }
      case 'crl': {
        const answer = await askGateway(options, 'ca-crl', {})
        tell(answer, answer.list.trimEnd())
        return 0
      }
    }
    throw new UsageError(`usage: postsiegel ca ${ca.usage}`)
  },
}

function lineOf({ address, notAfter, revokedAt, fingerprint }: ControlAnswers['ca-issue']): string {
  const end = revokedAt ? `revoked ${revokedAt.slice(0, 10)}` : `until ${notAfter.slice(0, 10)}`
  return printable(`${address}  ${end}  ${fingerprint}`)
}
