/** A place in a file of ours, counted from 1 as editors do. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** One thing that is wrong in a settings or policy file, where it stands, and what was probably meant. */
export interface Problem extends Place {
  /** Way to the field, such as `outbound."*.example.org".protection[0]`; empty for the file as a whole. */
  readonly field: string
  readonly message: string
  readonly suggestion?: string
}

/** The problem in one line, its place first as editors and terminals like it. */
export function problemLine({ file, line, column, field, message, suggestion }: Problem): string {
  const hint = suggestion === undefined ? '' : `, did you mean \`${suggestion}\`?`
  return `${file}:${line}:${column}: ${field === '' ? '' : `${field}: `}${message}${hint}`
}

/** Settings or policies that cannot be used; the message has one line for each problem. */
export class ConfigProblem extends Error {
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(problemLine).join('\n'), options)
    this.name = 'ConfigProblem'
    this.problems = problems
  }
}

/** The path of a field as people read it; names that are not plain words are quoted. */
export function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((step) => {
      if (typeof step === 'number') return `[${step}]`
      return /^[\w-]+$/.test(String(step)) ? `.${String(step)}` : `."${String(step)}"`
    })
    .join('')
    .replace(/^\./, '')
}
