import { readFileSync } from 'node:fs'
import type { DriverLimits } from './limits.ts'
import { seccompFilter } from './seccomp-filter.ts'

/**
 * How hostile documents are walled in, from the best to the least that we accept; `probeConfinement` finds out which
 * works. All give a file view of our own, no network, no capabilities, limits, and a user of their own when we are root.
 * - `bwrap`: unprivileged user namespace and a new /proc
 * - `bwrap-host-proc`: the same where a new /proc cannot be mounted (most containers, ProtectProc): the old one read-only
 */
export const rungs = ['bwrap', 'bwrap-host-proc'] as const
export type Rung = (typeof rungs)[number]

/** A command to start without a shell. `seccomp` is written to descriptor 3, where bwrap reads it. */
export interface SandboxCommand {
  readonly file: string
  readonly arguments: readonly string[]
  readonly seccomp: Uint8Array | undefined
}

/** Who the drivers are when the converter itself is root: a user that owns nothing. */
const nobody = 65534
const dropRights = [
  '/usr/bin/setpriv',
  ...[`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--no-new-privs'],
  ...['--bounding-set=-all', '--inh-caps=-all', '--'],
]

/** The command that runs a driver, given as Python source, on a rung. `isRoot`: whether the converter itself is. */
export function sandboxCommand(
  rung: Rung,
  isRoot: boolean,
  source: string,
  limits: DriverLimits,
): SandboxCommand {
  const seccomp = seccompFilter(process.arch)
  const command = [
    // bwrap started by root is root outside, whatever it shows inside: so the user changes first.
    ...(isRoot ? dropRights : []),
    ...['/usr/bin/prlimit', `--as=${limits.addressSpace}`, '--core=0', '--nofile=256', '--nproc=512', '--'],
    ...['/usr/bin/bwrap', '--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent'],
    ...['--ro-bind', '/usr', '/usr', '--symlink', 'usr/bin', '/bin', '--symlink', 'usr/lib', '/lib'],
    ...['--symlink', 'usr/lib64', '/lib64'],
    ...[
      '/etc/fonts',
      '/etc/libreoffice',
      '/etc/alternatives',
      '/etc/ld.so.cache',
      '/var/cache/fontconfig',
    ].flatMap((path) => ['--ro-bind-try', path, path]),
    ...(rung === 'bwrap-host-proc' ? ['--ro-bind', '/proc', '/proc'] : ['--proc', '/proc']),
    ...['--dev', '/dev', '--size', String(1024 * 1024 * 1024), '--tmpfs', '/tmp', '--chdir', '/tmp'],
    ...[
      '--clearenv',
      '--setenv',
      'HOME',
      '/tmp/home',
      '--setenv',
      'PATH',
      '/usr/bin',
      '--setenv',
      'LANG',
      'C.UTF-8',
    ],
    ...(seccomp ? ['--seccomp', '3'] : []),
    '--',
    // The source goes as an argument: the sandbox's user may be unable to read the folder that we are installed in.
    ...['/usr/bin/python3', '-I', '-c', source],
  ]
  const [file = '', ...rest] = command
  return { file, arguments: rest, seccomp }
}

/** The programs that run inside the sandbox. */
export const driverSources = {
  libreOffice: readFileSync(new URL('./libreoffice-driver.py', import.meta.url), 'utf8'),
  weasyPrint: readFileSync(new URL('./weasyprint-driver.py', import.meta.url), 'utf8'),
}
