import { expect, it, test } from 'vitest'
import { driverSources, rungs, sandboxCommand } from '../../../src/converter/confinement.ts'
import { libreOfficeLimits, weasyPrintLimits } from '../../../src/converter/limits.ts'

for (const rung of rungs) {
  it(`walls in on the rung ${rung}: no network, no files of the house, no rights`, () => {
    const { file, arguments: options } = sandboxCommand(rung, true, 'pass', libreOfficeLimits)
    expect(file).toBe('/usr/bin/setpriv')
    const bwrap = options.indexOf('/usr/bin/bwrap')
    expect(options.slice(0, bwrap)).toEqual(
      expect.arrayContaining(['--no-new-privs', '--bounding-set=-all', '--reuid=65534', '--core=0']),
    )
    expect(options.slice(bwrap)).toEqual(
      expect.arrayContaining(['--unshare-all', '--disable-userns', '--die-with-parent', '--clearenv']),
    )
    const bound = options.flatMap((option, index) =>
      /^--(ro-)?bind/.test(option) ? [options[index + 1]] : [],
    )
    for (const path of bound) expect(path).toMatch(/^\/(usr|proc|var\/cache\/fontconfig|etc\/.+)$/)
    expect(options).not.toContain('--bind')
    expect(bound.includes('/proc')).toBe(rung === 'bwrap-host-proc')
  })
}

test('without root there is no user to change to', () => {
  const command = sandboxCommand('bwrap', false, driverSources.weasyPrint, weasyPrintLimits)
  expect(command.file).toBe('/usr/bin/prlimit')
  expect(command.arguments.at(-1)).toBe(driverSources.weasyPrint)
})

test('a driver fits into an argument of a command (MAX_ARG_STRLEN, 128 KiB)', () => {
  for (const source of Object.values(driverSources)) expect(Buffer.byteLength(source)).toBeLessThan(100_000)
})
