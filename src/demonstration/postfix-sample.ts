/** One line of master.cf with its `-o` options. */
export interface PostfixService {
  readonly name: string
  readonly type: string
  /** private, unpriv, chroot, wakeup, maxproc as written. */
  readonly columns: readonly string[]
  readonly command: string
  readonly options: readonly string[]
}

/** The fragments of postfix-sample.cf: what an administrator copies, and what the demonstration and the tests run. */
export interface PostfixSample {
  readonly parameters: ReadonlyMap<string, string>
  readonly services: readonly PostfixService[]
}

/** Reads the two parts of the sample. A line that it does not understand is an error: nothing is skipped silently. */
export function readPostfixSample(text: string): PostfixSample {
  const parameters = new Map<string, string>()
  const services: (PostfixService & { options: string[] })[] = []
  let part: 'main' | 'master' | undefined
  for (const line of text.split('\n')) {
    const heading = /^#{20,} (main|master)\.cf$/.exec(line)
    if (heading) part = heading[1] as 'main' | 'master'
    else if (line.startsWith('#') || line.trim() === '') continue
    else if (part === 'main') {
      const [, name, value] = /^(\w+) =(.*)$/.exec(line) ?? fail(line)
      parameters.set(name as string, (value as string).trim())
    } else if (/^\s+-o /.test(line)) {
      const service = services.at(-1) ?? fail(line)
      service.options.push(line.trim().slice('-o '.length))
    } else if (part === 'master' && /^\S/.test(line)) {
      const [name, type, ...rest] = line.split(/\s+/)
      if (name === undefined || type === undefined || rest.length !== 6) fail(line)
      services.push({ name, type, columns: rest.slice(0, 5), command: rest[5] as string, options: [] })
    } else fail(line)
  }
  return { parameters, services }
}

function fail(line: string): never {
  throw new Error(`postfix-sample.cf: cannot read the line "${line}"`)
}

/** The line of master.cf and its options below. */
export function writeService(service: PostfixService): string {
  const head = [service.name, service.type, ...service.columns, service.command].join(' ')
  return [head, ...service.options.map((option) => `  -o ${option}`)].join('\n')
}
