import { open, readFile } from 'node:fs/promises'
import { revocationReasons } from '../gateway/calls/authority-calls.ts'
import type { KeyAct } from '../gateway/calls/key-calls.ts'
import { askGateway } from './ask-gateway.ts'
import { type Command, type CommandCall, type Options, UsageError } from './command.ts'
import { keyDetails, keyLine, retriedLine } from './key-text.ts'
import { printable } from './printable.ts'
import { writeWebKeyDirectory } from './write-web-key-directory.ts'

export const key: Command = {
  name: 'key',
  usage:
    'import FILE | generate ADDRESS | list [ADDRESS] | show KEY | explain ADDRESS | discover ADDRESS | export KEY | pending | accept KEY | refuse KEY | pin KEY | unpin KEY | retire KEY | revoke KEY | remove KEY | domain KEY DOMAIN | publish-wkd FOLDER [advanced|direct] | request ADDRESS | requests | withdraw ADDRESS',
  summary:
    'S/MIME certificates and OpenPGP keys, ours and of others; KEY is a fingerprint, its beginning, or an address',
  async run(call) {
    const [verb, ...more] = call.words
    const action = Object.hasOwn(actions, verb ?? '') ? actions[verb as keyof typeof actions] : undefined
    if (!action) throw usage()
    return action(call, more[0] ?? '', more[1] ?? '')
  },
}

const usage = () => new UsageError(`usage: postsiegel key ${key.usage}`)

const actions = {
  async import({ options, print }: CommandCall, path: string) {
    const file = (await readFile(named(path))).toString('base64')
    const password = await passwordOf(options)
    const { domain } = options
    const input = {
      file,
      ...(password === undefined ? {} : { password }),
      ...(domain === undefined ? {} : { domain }),
    }
    const answer = await askGateway(options, 'key-import', input)
    if (options.json) print(JSON.stringify(answer))
    else print([...answer.imported.map(keyLine), ...retriedLine(answer.retried)].join('\n'))
    return 0
  },
  async list({ options, print }: CommandCall, address: string) {
    const list = await askGateway(options, 'key-list', address === '' ? {} : { address })
    print(options.json ? JSON.stringify(list) : list.map(keyLine).join('\n') || 'no keys')
    return 0
  },
  async pending({ options, print }: CommandCall) {
    const list = await askGateway(options, 'key-list', { state: 'pending' })
    print(options.json ? JSON.stringify(list) : list.map(keyLine).join('\n') || 'nothing waits for review')
    return 0
  },
  async show({ options, print }: CommandCall, which: string) {
    const shown = await askGateway(options, 'key-show', { key: named(which) })
    print(options.json ? JSON.stringify(shown) : keyDetails(shown).join('\n'))
    return 0
  },
  async explain({ options, print }: CommandCall, address: string) {
    const answer = await askGateway(options, 'key-explain', { address: named(address) })
    if (options.json) print(JSON.stringify(answer))
    else {
      const encrypt = answer.encrypt.length > 0 ? answer.encrypt : ['nothing to encrypt with']
      const lines = [`mail to ${address}`, ...encrypt.map((line) => `  ${line}`)]
      if (answer.sign.length > 0) lines.push(`mail of ${address}`, ...answer.sign.map((line) => `  ${line}`))
      print(lines.map(printable).join('\n'))
    }
    return 0
  },
  async discover({ options, print }: CommandCall, address: string) {
    const answer = await askGateway(options, 'key-discover', { address: named(address) })
    if (options.json) print(JSON.stringify(answer))
    else {
      const lines = answer.sources.map(({ source, outcome, detail }) =>
        printable(`${source}  ${outcome}: ${detail}`),
      )
      const none = 'no source was asked: none is switched on under discovery, or the address is ours or odd'
      print([...(lines.length > 0 ? lines : [none]), ...retriedLine(answer.retried)].join('\n'))
    }
    return answer.sources.some(({ outcome }) => outcome === 'found') ? 0 : 1
  },
  async 'publish-wkd'({ options, print }: CommandCall, folder: string, method: string) {
    if (method !== '' && method !== 'advanced' && method !== 'direct') throw usage()
    const keys = await askGateway(options, 'key-published', {})
    const changes = await writeWebKeyDirectory(
      named(folder),
      method === 'direct' ? 'direct' : 'advanced',
      keys,
    )
    print(
      options.json
        ? JSON.stringify(changes)
        : `${changes.written} files written, ${changes.removed} removed; serve ${folder} as /.well-known/openpgpkey/`,
    )
    return 0
  },
  async export({ options, print }: CommandCall, which: string) {
    if (options.private) return exportPrivate({ options, print, words: [] }, named(which))
    const { text } = await askGateway(options, 'key-export', { key: named(which) })
    if (options.output === undefined) print(text.trimEnd())
    else await writeNew(options.output, Buffer.from(text, 'latin1'), 0o644)
    return 0
  },
  async request({ options, print }: CommandCall, address: string) {
    const { name } = options
    const person = name === undefined ? { address: named(address) } : { address: named(address), name }
    const answer = await askGateway(options, 'key-request', person)
    print(options.json ? JSON.stringify(answer) : answer.request.trimEnd())
    return 0
  },
  async requests({ options, print }: CommandCall) {
    const list = await askGateway(options, 'key-request-list', {})
    const lines = list.map(({ address, createdAt }) =>
      printable(`${address}  since ${createdAt.slice(0, 10)}`),
    )
    print(options.json ? JSON.stringify(list) : lines.join('\n') || 'no request waits for its certificate')
    return 0
  },
  async withdraw({ options, print }: CommandCall, address: string) {
    const answer = await askGateway(options, 'key-request-withdraw', { address: named(address) })
    print(options.json ? JSON.stringify(answer) : 'withdrawn: the private key that waited is gone')
    return 0
  },
  async generate({ options, print }: CommandCall, address: string) {
    const { name } = options
    const person = name === undefined ? { address: named(address) } : { address: named(address), name }
    const made = await askGateway(options, 'key-generate', person)
    if (options.json) print(JSON.stringify(made))
    else
      print(`${keyLine(made)}
hand it out by \`key export\` or \`key publish-wkd\``)
    return 0
  },
  async revoke({ options, print }: CommandCall, which: string) {
    const reason = revocationReasons.find((each) => each === (options.reason ?? 'retired'))
    if (!reason) throw new UsageError(`--reason is one of ${revocationReasons.join(', ')}`)
    const revoked = await askGateway(options, 'key-revoke', { key: named(which), reason })
    if (options.json) print(JSON.stringify(revoked))
    else
      print(
        `${keyLine(revoked)}
revoked: it still opens old mail; tell others by \`key export\` or \`key publish-wkd\``,
      )
    return 0
  },
  accept: changes('accept', 'in use from now on'),
  refuse: changes('refuse', 'refused; it is remembered, so that it is not offered again'),
  pin: changes('pin', 'pinned: only pinned keys are used for its addresses'),
  unpin: changes('unpin', 'no longer pinned'),
  retire: changes('retire', 'retired: it still opens old mail, and is used for nothing new'),
  remove: changes('remove', 'removed'),
  async domain({ options, print }: CommandCall, which: string, domain: string) {
    const answer = await askGateway(options, 'key-domain', { key: named(which), domain: named(domain) })
    if (options.json) print(JSON.stringify(answer))
    else print([keyLine(answer.key), ...retriedLine(answer.retried)].join('\n'))
    return 0
  },
}

/** An act on one key, and what is said when it is done. */
function changes(act: KeyAct, done: string) {
  return async ({ options, print }: CommandCall, which: string) => {
    const answer = await askGateway(options, 'key-change', { key: named(which), act })
    if (options.json) print(JSON.stringify(answer))
    else print([keyLine(answer.key), done, ...retriedLine(answer.retried)].join('\n'))
    return 0
  }
}

async function exportPrivate({ options, print }: CommandCall, which: string): Promise<number> {
  const password = await passwordOf(options)
  if (password === undefined)
    throw new UsageError(
      '--private needs --password-file FILE: a private key never leaves without a password',
    )
  if (options.output === undefined) throw new UsageError('--private needs --output FILE, a new file')
  const { bytes } = await askGateway(options, 'key-export-private', { key: which, password })
  await writeNew(options.output, Buffer.from(bytes, 'base64'), 0o600)
  print(options.json ? JSON.stringify({ output: options.output }) : `written to ${options.output}`)
  return 0
}

/** Never over a file that is there. */
async function writeNew(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  await using file = await open(path, 'wx', mode)
  await file.writeFile(bytes)
  await file.sync()
}

/** The first line of the file, as the openssl program reads passwords too. */
async function passwordOf({ passwordFile }: Options): Promise<string | undefined> {
  return passwordFile === undefined ? undefined : (await readFile(passwordFile, 'utf8')).replace(/\r?\n$/, '')
}

function named(word: string): string {
  if (word === '') throw usage()
  return word
}
