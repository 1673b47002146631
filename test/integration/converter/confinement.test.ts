import { execFileSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { rungs, sandboxCommand } from '../../../src/converter/confinement.ts'
import { DriverProcess } from '../../../src/converter/driver-process.ts'
import { libreOfficeLimits } from '../../../src/converter/limits.ts'
import { rtf } from './documents.ts'
import { missing, missingText } from './test-converter.ts'

const isRoot = process.getuid?.() === 0
const nobody = 65_534
/** As systemd starts the unit: another user, no rights, and none to be had. */
const asUnit = [
  ...['/usr/bin/setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--no-new-privs'],
  ...['--bounding-set=-all', '--inh-caps=-all', '--'],
]

describe.skipIf(missing.length > 0)(`the confinement${missingText}`, () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'confinement-'))
    chmodSync(folder, 0o777)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  /** Starts a converter within `launcher` and says: its rung, what became of a document, which rungs failed, and why. */
  function convertWithin(launcher: readonly string[]): string {
    const source = (name: string) => new URL(`../../../src/${name}.ts`, import.meta.url).href
    const program = `
      const { serveConverter } = await import('${source('converter/serve')}')
      const { converterAt, converterStatus } = await import('${source('converter/client')}')
      const { bytesInMemory } = await import('${source('message/byte-source')}')
      const listen = '${join(folder, `${crypto.randomUUID()}.sock`)}'
      const signal = AbortSignal.timeout(100000)
      await using server = await serveConverter({ listen, workers: 1, onEvent: () => {} })
      const document = bytesInMemory(Buffer.from('${Buffer.from(rtf('a')).toString('hex')}', 'hex'))
      const result = await converterAt(listen).convert(document, 'rtf', signal)
      const { failures } = await server.confined
      const { rung } = await converterStatus(listen, signal)
      console.log(rung, result.reason ?? result.kind, ...failures.map((failure) => failure.rung))
      for (const { reason } of failures) console.log(reason)`
    const [file = '', ...options] = [...launcher, process.execPath, '--input-type=module', '-e', program]
    return execFileSync(file, options).toString().trim()
  }
  const around = ['/usr/bin/bwrap', '--dev-bind', '/', '/']

  for (const [where, launcher, outcome] of [
    // As on machines whose administrator has forbidden user namespaces.
    [
      'where nobody may make a namespace',
      [...around, '--unshare-user', '--disable-userns', '--'],
      /^none unavailable bwrap bwrap-host-proc\n/,
    ],
    [
      'where bubblewrap is not installed',
      [
        ...around,
        '--tmpfs',
        '/usr/bin',
        ...['setpriv', 'prlimit', 'python3'].flatMap((name) => [
          '--ro-bind',
          `/usr/bin/${name}`,
          `/usr/bin/${name}`,
        ]),
        '--',
      ],
      /^none unavailable bwrap bwrap-host-proc\n.*bwrap: No such file or directory/,
    ],
    // As in most containers: the kernel then refuses a fresh /proc (mount_too_revealing).
    [
      'where /proc is partly covered',
      [
        ...around,
        '--unshare-user',
        '--uid',
        '1000',
        '--gid',
        '1000',
        '--ro-bind',
        '/dev/null',
        '/proc/interrupts',
        '--',
      ],
      /^bwrap-host-proc converted bwrap\n/,
    ],
  ] as const) {
    it(`is the best there is, or nothing is converted: ${where}`, () => {
      expect(convertWithin(launcher)).toMatch(outcome)
    })
  }

  test('as the unit has it, without any rights, documents are walled in as well and converted', (context) => {
    if (!isRoot) return context.skip('only root can become another user')
    try {
      execFileSync(asUnit[0] as string, [
        ...asUnit.slice(1),
        process.execPath,
        '-e',
        `require('node:fs').accessSync(${JSON.stringify(import.meta.dirname)})`,
      ])
    } catch {
      return context.skip('another user cannot read this folder')
    }
    expect(convertWithin(asUnit)).toBe('bwrap converted')
  })

  /** What a program inside is told when it asks for each of these; the filter may be left out. */
  async function askedInside(withFilter: boolean): Promise<Record<string, string>> {
    const command = sandboxCommand(rungs[0], isRoot, inquisitive, libreOfficeLimits)
    const without = command.arguments.filter(
      (each, index, all) => each !== '--seccomp' && all[index - 1] !== '--seccomp',
    )
    const patience = AbortSignal.timeout(60_000)
    const driver = await DriverProcess.start(
      withFilter ? command : { ...command, arguments: without, seccomp: undefined },
      libreOfficeLimits,
      patience,
    )
    const answer = await driver.ask({}, new Uint8Array(0), patience)
    await driver.kill()
    if (answer.kind !== 'answered') throw new Error(answer.kind)
    const { id: _, ok: __, size: ___, ...told } = answer.header as Record<string, string>
    return told
  }

  test('inside there are unix sockets and no others, by our filter and not only by the empty network', async () => {
    const refused = {
      AF_INET: 'EAFNOSUPPORT',
      AF_INET6: 'EAFNOSUPPORT',
      AF_NETLINK: 'EAFNOSUPPORT',
      AF_PACKET: 'EAFNOSUPPORT',
      AF_VSOCK: 'EAFNOSUPPORT',
    }
    expect(await askedInside(true)).toEqual({
      ...refused,
      AF_UNIX: 'given',
      ptrace: 'EPERM',
      unshare: 'EPERM',
      mount: 'EPERM',
      setns: 'EPERM',
      seccomp: '2',
      noNewPrivileges: '1',
      capabilities: '0000000000000000',
      users: 'nobody else',
      outside: 'not there',
    })
    expect(await askedInside(false)).toMatchObject({
      AF_INET: 'given',
      AF_UNIX: 'given',
      ptrace: 'given',
      seccomp: '0',
    })
  })
})

/** A driver that asks the kernel for what a hostile document would want. */
const inquisitive = `
import ctypes, errno, json, os, socket, sys
def told(call):
    try:
        call()
        return 'given'
    except OSError as error:
        return errno.errorcode[error.errno]
library = ctypes.CDLL(None, use_errno=True)
def system(name, *arguments):
    if getattr(library, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), '')
def say(**header):
    print(json.dumps({'ok': True, 'size': 0, **header}), flush=True)
say(id=0)
sys.stdin.readline()
with open('/proc/self/status') as lines:
    status = dict(line.rstrip('\\n').split(':\\t', 1) for line in lines if ':\\t' in line)
kinds = ['AF_INET', 'AF_INET6', 'AF_NETLINK', 'AF_PACKET', 'AF_VSOCK', 'AF_UNIX']
findings = {kind: told(lambda: socket.socket(getattr(socket, kind), socket.SOCK_DGRAM).close()) for kind in kinds}
findings['ptrace'] = told(lambda: system('ptrace', 0, 0, 0, 0))
findings['unshare'] = told(lambda: system('unshare', 0x10000000))
findings['mount'] = told(lambda: system('mount', b'none', b'/tmp', b'tmpfs', 0, None))
findings['setns'] = told(lambda: system('setns', 0, 0))
say(
    id=1, **findings, seccomp=status['Seccomp'], noNewPrivileges=status['NoNewPrivs'],
    capabilities=status['CapEff'],
    users='known' if os.path.exists('/etc/passwd') else 'nobody else',
    outside='there' if os.path.exists(${JSON.stringify(import.meta.dirname)}) else 'not there',
)
sys.stdin.readline()
`
