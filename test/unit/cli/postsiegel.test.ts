import { execFile } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { printable, printableText } from '../../../src/cli/printable.ts'
import { version } from '../../../src/version.ts'

const program = new URL('../../../bin/postsiegel', import.meta.url).pathname

/** What the command says, and its exit code. */
function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(program, args, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err })
    })
    child.stdin?.end()
  })
}

describe('the command postsiegel', () => {
  it('lists every command and option when asked for help, and tells its version', async () => {
    const help = await run('help')
    expect(help.code).toBe(0)
    for (const word of ['serve', 'explain', 'password', 'hold', '--json', '--settings'])
      expect(help.out).toContain(word)
    expect((await run()).code).toBe(2)
    expect(await run('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' })
  })

  for (const [what, args, says] of [
    ['an unknown command', ['frobnicate'], 'there is no command frobnicate'],
    ['an unknown option', ['status', '--colour'], '--colour'],
    ['an option without its value', ['status', '--settings'], '--settings'],
    [
      'a password on the command line',
      ['password', 'set', 'a@b.example', 'secret'],
      'usage: postsiegel password',
    ],
    ['settings that are not there', ['status', '--settings', '/nowhere/x.yaml'], '/nowhere/x.yaml'],
    ['control characters', ['\u001b]0;title\u0007'], 'there is no command \\u001b]0;title\\u0007'],
  ] as const) {
    it(`ends with 2 and one clear line for ${what}`, async () => {
      const { code, out, err } = await run(...args)
      expect([code, out]).toEqual([2, ''])
      expect(err).toContain(says)
      expect(err).not.toContain('secret')
      expect(err.trimEnd().split('\n')).toHaveLength(1)
    })
  }

  it('prints the schema of the settings for editors', async () => {
    const { code, out } = await run('schema', 'settings')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toHaveProperty('properties')
  })
})

describe('what came from outside', () => {
  it('stays on its line and moves no cursor', () => {
    expect(printable('a\u001b[2J\r\nb\u009b1m\u202ec')).toBe('a?[2J??b?1m?c')
    expect(printableText('a\u001b[2J\nb\u009b')).toBe('a\\u001b[2J\nb\\u009b')
  })

  it('means the same in JSON', () => {
    const record = { name: 'a\u001b\u007f\u0085\u202e"' }
    expect(JSON.parse(printableText(JSON.stringify(record)))).toEqual(record)
  })
})
