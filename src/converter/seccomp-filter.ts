/**
 * System calls that no document needs: other processes' memory, mounts, namespaces, modules, keys, clocks, and the
 * interfaces in which the kernel's own faults were found most often. Numbers for x64 and arm64, from Linux' unistd.h.
 */
const refused: Readonly<Record<string, { readonly x64?: number; readonly arm64?: number }>> = {
  acct: { x64: 163, arm64: 89 },
  add_key: { x64: 248, arm64: 217 },
  adjtimex: { x64: 159, arm64: 171 },
  bpf: { x64: 321, arm64: 280 },
  chroot: { x64: 161, arm64: 51 },
  clock_adjtime: { x64: 305, arm64: 266 },
  clock_settime: { x64: 227, arm64: 112 },
  delete_module: { x64: 176, arm64: 106 },
  fanotify_init: { x64: 300, arm64: 262 },
  finit_module: { x64: 313, arm64: 273 },
  fsconfig: { x64: 431, arm64: 431 },
  fsmount: { x64: 432, arm64: 432 },
  fsopen: { x64: 430, arm64: 430 },
  fspick: { x64: 433, arm64: 433 },
  init_module: { x64: 175, arm64: 105 },
  io_uring_enter: { x64: 426, arm64: 426 },
  io_uring_register: { x64: 427, arm64: 427 },
  io_uring_setup: { x64: 425, arm64: 425 },
  ioperm: { x64: 173 },
  iopl: { x64: 172 },
  kcmp: { x64: 312, arm64: 272 },
  kexec_file_load: { x64: 320, arm64: 294 },
  kexec_load: { x64: 246, arm64: 104 },
  keyctl: { x64: 250, arm64: 219 },
  modify_ldt: { x64: 154 },
  mount: { x64: 165, arm64: 40 },
  mount_setattr: { x64: 442, arm64: 442 },
  move_mount: { x64: 429, arm64: 429 },
  move_pages: { x64: 279, arm64: 239 },
  name_to_handle_at: { x64: 303, arm64: 264 },
  open_by_handle_at: { x64: 304, arm64: 265 },
  open_tree: { x64: 428, arm64: 428 },
  perf_event_open: { x64: 298, arm64: 241 },
  pidfd_getfd: { x64: 438, arm64: 438 },
  pivot_root: { x64: 155, arm64: 41 },
  process_vm_readv: { x64: 310, arm64: 270 },
  process_vm_writev: { x64: 311, arm64: 271 },
  ptrace: { x64: 101, arm64: 117 },
  quotactl: { x64: 179, arm64: 60 },
  quotactl_fd: { x64: 443, arm64: 443 },
  reboot: { x64: 169, arm64: 142 },
  request_key: { x64: 249, arm64: 218 },
  setdomainname: { x64: 171, arm64: 162 },
  sethostname: { x64: 170, arm64: 161 },
  setns: { x64: 308, arm64: 268 },
  settimeofday: { x64: 164, arm64: 170 },
  swapoff: { x64: 168, arm64: 225 },
  swapon: { x64: 167, arm64: 224 },
  syslog: { x64: 103, arm64: 116 },
  umount2: { x64: 166, arm64: 39 },
  unshare: { x64: 272, arm64: 97 },
  uselib: { x64: 134 },
  userfaultfd: { x64: 323, arm64: 282 },
  vmsplice: { x64: 278, arm64: 75 },
}

/** AUDIT_ARCH_* of linux/audit.h, and the calls whose arguments decide. */
const architectures = {
  x64: { audit: 0xc000003e, socket: 41, clone: 56, clone3: 435 },
  arm64: { audit: 0xc00000b7, socket: 198, clone: 220, clone3: 435 },
} as const

const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97
const allow = 0x7fff0000
const killProcess = 0x80000000
const fail = (errno: number) => (0x00050000 | errno) >>> 0
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const newNamespaces = 0x7e020000

/** Codes of linux/filter.h: BPF_LD|W|ABS, BPF_JMP with JEQ, JGE, JSET against a constant, BPF_RET. */
const [load, ifEqual, ifAtLeast, ifAnyBit, answer] = [0x20, 0x15, 0x35, 0x45, 0x06]
type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, operand: number]

/**
 * A seccomp filter (classic BPF, struct sock_filter[]) for programs that handle hostile documents, in the form that
 * `bwrap --seccomp` reads. Sockets are unix sockets or none (UNO's pipe is one); no new namespaces, no other ABI.
 * Undefined for an architecture that we have no numbers for. Offsets are those of struct seccomp_data.
 */
export function seccompFilter(architecture: string): Uint8Array | undefined {
  if (architecture !== 'x64' && architecture !== 'arm64') return undefined
  const { audit, socket, clone, clone3 } = architectures[architecture]
  const program: Instruction[] = [
    [load, 0, 0, 4], // arch
    [ifEqual, 1, 0, audit],
    [answer, 0, 0, killProcess],
    [load, 0, 0, 0], // nr
    // Numbers from 2^30 are the x32 ABI: the same calls under other numbers.
    [ifAtLeast, 0, 1, 0x40000000],
    [answer, 0, 0, fail(EPERM)],
    // clone3 hides its flags behind a pointer; without it the C library takes clone.
    [ifEqual, 0, 1, clone3],
    [answer, 0, 0, fail(ENOSYS)],
    [ifEqual, 0, 4, clone],
    [load, 0, 0, 16], // first argument, lower half
    [ifAnyBit, 0, 1, newNamespaces],
    [answer, 0, 0, fail(EPERM)],
    [answer, 0, 0, allow],
    [ifEqual, 0, 4, socket],
    [load, 0, 0, 16],
    [ifEqual, 1, 0, 1], // AF_UNIX
    [answer, 0, 0, fail(EAFNOSUPPORT)],
    [answer, 0, 0, allow],
  ]
  for (const call of Object.values(refused)) {
    const number = call[architecture]
    if (number !== undefined) program.push([ifEqual, 0, 1, number], [answer, 0, 0, fail(EPERM)])
  }
  program.push([answer, 0, 0, allow])
  const bytes = Buffer.alloc(program.length * 8)
  for (const [index, [code, whenTrue, whenFalse, operand]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(whenTrue, index * 8 + 2)
    bytes.writeUInt8(whenFalse, index * 8 + 3)
    bytes.writeUInt32LE(operand, index * 8 + 4)
  }
  return bytes
}
