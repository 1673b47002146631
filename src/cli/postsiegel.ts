import { parseArgs } from 'node:util'
import { ConfigProblem } from '../config/config-problem.ts'
import { version } from '../version.ts'
import { type Options, UsageError } from './command.ts'
import { commands, optionTable } from './commands.ts'
import { fitsUsage } from './fits-usage.ts'
import { printableText } from './printable.ts'

// Whoever reads the beginning only, such as head(1), has not made a mistake.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(
    `postsiegel: ${printableText(error instanceof Error ? error.message : String(error))}\n`,
  )
  return error instanceof UsageError || error instanceof ConfigProblem ? 2 : 1
})

async function main(args: readonly string[]): Promise<number> {
  const print = (text: string) => void process.stdout.write(`${printableText(text)}\n`)
  const { values, positionals } = parse(args)
  const [name, ...words] = positionals
  if (values.version) {
    print(version)
    return 0
  }
  if (values.help || name === undefined || name === 'help') {
    print(help())
    return name === undefined && !values.help ? 2 : 0
  }
  const command = commands.find((candidate) => candidate.name === name)
  if (!command) throw new UsageError(`there is no command ${name}; "postsiegel help" lists them`)
  if (!fitsUsage(command.usage, words)) {
    throw new UsageError(`usage: postsiegel ${`${name} ${command.usage}`.trimEnd()}`)
  }
  const options: Options = {
    settings: values.settings,
    json: values.json,
    policies: values.policies,
    passwordFile: values['password-file'],
    reason: values.reason,
    by: values.by,
    until: values.until,
    output: values.output,
    name: values.name,
    domain: values.domain,
    points: values.points,
    requires: values.requires,
    private: values.private,
    id: values.id,
    today: values.today,
    from: values.from,
    to: values.to,
    helo: values.helo,
    clientIp: values['client-ip'],
    clientName: values['client-name'],
  }
  return command.run({ words, options, print })
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: optionTable, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function help(): string {
  return [
    'postsiegel COMMAND [OPTIONS]',
    '',
    ...commands.map(({ name, usage, summary }) => `  ${`${name} ${usage}`.trimEnd().padEnd(44)} ${summary}`),
    '',
    ...Object.entries(optionTable).map(([name, { help }]) => `  --${name.padEnd(14)} ${help}`),
  ].join('\n')
}
