import { createInterface } from 'node:readline'
import { askGateway } from './ask-gateway.ts'
import { type Command, UsageError } from './command.ts'
import { printable } from './printable.ts'

export const password: Command = {
  name: 'password',
  usage: 'set ADDRESS | list | remove ADDRESS',
  summary: 'PDF passwords of recipients; set reads the password from standard input',
  async run({ words: [verb, recipient], options, print }) {
    switch (verb) {
      case 'set': {
        if (recipient === undefined) break
        const { retried } = await askGateway(options, 'password-set', {
          recipient,
          password: await readPassword(),
        })
        print(
          options.json
            ? JSON.stringify({ retried })
            : `The password for ${printable(recipient)} is set; it can be shown to nobody, us included.${
                retried.length > 0 ? ` Waiting messages tried again: ${retried.join(', ')}` : ''
              }`,
        )
        return 0
      }
      case 'list': {
        const list = await askGateway(options, 'password-list', {})
        print(
          options.json
            ? JSON.stringify(list)
            : list.map((each) => printable(`${each.setAt}  ${each.recipient}`)).join('\n'),
        )
        return 0
      }
      case 'remove': {
        if (recipient === undefined) break
        const { removed } = await askGateway(options, 'password-remove', { recipient })
        if (options.json) print(JSON.stringify({ removed }))
        else print(`${printable(recipient)} ${removed ? 'has no password any more' : 'had no password'}`)
        return removed ? 0 : 1
      }
    }
    throw new UsageError(`password ${password.usage}`)
  },
}

/** The first line of standard input; typed at a terminal it is not shown. Never an argument: those everybody sees. */
async function readPassword(): Promise<string> {
  const { stdin, stderr } = process
  if (!stdin.isTTY) {
    for await (const line of createInterface({ input: stdin })) return line
    throw new UsageError('the password is expected on standard input')
  }
  stderr.write('Password: ')
  stdin.setRawMode(true)
  try {
    let typed = ''
    for await (const chunk of stdin.setEncoding('utf8')) {
      for (const character of String(chunk)) {
        if (character === '\r' || character === '\n') return typed
        if (character === '\u0003') throw new UsageError('interrupted')
        typed = character === '\u007f' ? typed.slice(0, -1) : typed + character
      }
    }
    return typed
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}
