import { readFile } from 'node:fs/promises'
import type { ShownKey } from '../gateway/control-calls.ts'
import { askGateway } from './ask-gateway.ts'
import { type Command, UsageError } from './command.ts'
import { printable } from './printable.ts'

export const key: Command = {
  name: 'key',
  usage: 'import FILE | list | remove FINGERPRINT',
  summary: 'S/MIME certificates, ours and of others: PEM, DER, PKCS#7, PKCS#12',
  async run({ words: [verb, what], options, print }) {
    switch (verb) {
      case 'import': {
        if (what === undefined) break
        const file = (await readFile(what)).toString('base64')
        const password =
          options.passwordFile === undefined
            ? undefined
            : (await readFile(options.passwordFile, 'utf8')).replace(/\r?\n$/, '')
        const answer = await askGateway(options, 'key-import', {
          file,
          ...(password === undefined ? {} : { password }),
        })
        print(
          options.json
            ? JSON.stringify(answer)
            : [
                ...answer.imported.map(lineOf),
                ...(answer.retried.length > 0
                  ? [`Waiting messages tried again: ${answer.retried.join(', ')}`]
                  : []),
              ].join('\n'),
        )
        return 0
      }
      case 'list': {
        const list = await askGateway(options, 'key-list', {})
        print(options.json ? JSON.stringify(list) : list.map(lineOf).join('\n'))
        return 0
      }
      case 'remove': {
        if (what === undefined) break
        const { removed } = await askGateway(options, 'key-remove', { fingerprint: what.toLowerCase() })
        print(options.json ? JSON.stringify({ removed }) : removed ? 'removed' : 'no such certificate')
        return removed ? 0 : 1
      }
    }
    throw new UsageError(`key ${key.usage}`)
  },
}

function lineOf({ addresses, notAfter, hasPrivateKey, fingerprint }: ShownKey): string {
  const kind = hasPrivateKey ? 'with private key' : 'certificate'
  return printable(
    `${addresses.join(', ')}  until ${notAfter?.slice(0, 10) ?? 'for ever'}  ${kind}  ${fingerprint}`,
  )
}
