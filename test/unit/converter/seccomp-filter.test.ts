import { expect, it, test } from 'vitest'
import { seccompFilter } from '../../../src/converter/seccomp-filter.ts'

const x64 = 0xc000003e
const arm64 = 0xc00000b7
const allow = 0x7fff0000
const errno = (number: number) => 0x00050000 + number

/** Runs the filter as the kernel would, over a struct seccomp_data with one argument. */
function decide(filter: Uint8Array, arch: number, number: number, argument = 0): number {
  const program = Buffer.from(filter)
  const words = new Map([
    [0, number],
    [4, arch],
    [16, argument],
  ])
  let accumulator = 0
  for (let at = 0; at < program.length; at += 8) {
    const [code, whenTrue, whenFalse] = [program.readUInt16LE(at), program[at + 2] ?? 0, program[at + 3] ?? 0]
    const operand = program.readUInt32LE(at + 4)
    if (code === 0x06) return operand
    if (code === 0x20) accumulator = words.get(operand) ?? Number.NaN
    else {
      const holds =
        code === 0x15
          ? accumulator === operand
          : code === 0x35
            ? accumulator >= operand
            : (accumulator & operand) !== 0
      at += 8 * (holds ? whenTrue : whenFalse)
    }
  }
  throw new Error('Ran off the end')
}

for (const [what, arch, number, argument, expected] of [
  ['read', x64, 0, 0, allow],
  ['execve', x64, 59, 0, allow],
  ['a unix socket', x64, 41, 1, allow],
  ['an IPv4 socket', x64, 41, 2, errno(97)],
  ['an IPv6 socket', x64, 41, 10, errno(97)],
  ['a netlink socket', x64, 41, 16, errno(97)],
  ['a thread', x64, 56, 0x3d0f00, allow],
  ['a new user namespace', x64, 56, 0x10000000, errno(1)],
  ['clone3, whose flags cannot be seen', x64, 435, 0, errno(38)],
  ['ptrace', x64, 101, 0, errno(1)],
  ['unshare', x64, 272, 0, errno(1)],
  ['io_uring', x64, 425, 0, errno(1)],
  ['a call of the x32 ABI', x64, 0x40000000 + 41, 2, errno(1)],
  ['a call of 32-bit x86', 0x40000003, 102, 1, 0x80000000],
  ['read on arm64', arm64, 63, 0, allow],
  ['an IPv4 socket on arm64', arm64, 198, 2, errno(97)],
  ['ptrace on arm64', arm64, 117, 0, errno(1)],
] as const) {
  it(`${expected === allow ? 'allows' : 'refuses'} ${what}`, () => {
    const filter = seccompFilter(arch === arm64 ? 'arm64' : 'x64')
    expect(filter && decide(filter, arch, number, argument)).toBe(expected)
  })
}

test('an architecture without known numbers has no filter', () => {
  expect(seccompFilter('riscv64')).toBeUndefined()
})
