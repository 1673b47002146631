import type { SampleRow } from './run-samples.ts'
import type { Site } from './start-site.ts'

const width = 100
let direction: SampleRow['direction'] | undefined

/** A row of the table for people, under a heading for each direction. */
export function printRow(row: SampleRow): void {
  if (row.direction !== direction) {
    direction = row.direction
    const title = row.direction === 'outbound' ? 'What our staff write' : 'What comes from outside'
    print(`\n${title}\n${'='.repeat(title.length)}`)
  }
  print(`\n${row.ok ? 'ok  ' : 'FAIL'}  ${row.sample}`)
  printPart('Postfix', row.reply.split('\n').flatMap(wrapped))
  printPart('arrived', wrapped(row.outcome))
  printPart('why', row.why.flatMap(wrapped))
}

/** Ports, folders, and what to try now. */
export function printNextSteps(site: Site): void {
  const { folders, postfix } = site
  const command = `bin/postsiegel`
  print(`
It runs until Ctrl-C. Everything is on this machine only.

  mail from outside   127.0.0.1 port ${postfix.ports.inbound}, XCLIENT permitted
  mail of our staff   127.0.0.1 port ${postfix.ports.submission}, no password in the demonstration
  portal              ${site.portal} for people outside
  arrived mail        ${folders.mail}
  policies            ${folders.policies} (edit them: they are read again at once)
  logs                ${folders.log}
  pictures            ${folders.pictures}

Try
  ${command} status --settings ${folders.settings}
  ${command} hold list --settings ${folders.settings}
  ${command} check --settings ${folders.settings}
`)
}

function printPart(name: string, lines: readonly string[]): void {
  lines.forEach((line, at) => void print(`      ${(at === 0 ? name : '').padEnd(8)} ${line}`))
}

function wrapped(text: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
