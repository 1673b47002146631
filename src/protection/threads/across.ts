import { MailFailure, PermanentFailure, type StatusDetail, TemporaryFailure } from '../../failure.ts'
import {
  type ByteSource,
  bytesInMemory,
  concatenated,
  type SharedFile,
  type SpoolLimits,
  type Workspace,
} from '../../message/byte-source.ts'

/** What a thread is asked for: arguments and results as `packed` gives them. */
export interface Order {
  readonly job: string
  readonly args: readonly unknown[]
  /** Where the job may write, if it has a workspace. */
  readonly room: { readonly descriptor: number; readonly limits: SpoolLimits } | undefined
}

export type Reply =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly failure: WireFailure }

/** Stands for a ByteSource: its stretches, memory as bytes, files by descriptor. */
interface WireBytes {
  readonly acrossThreads: 'bytes'
  readonly stretches: readonly (Uint8Array | { descriptor: number; start: number; end: number })[]
}

/** Stands for the one workspace of a job. */
const wireWorkspace = { acrossThreads: 'workspace' } as const

/**
 * A value in the form that goes to another thread: bytes of messages by where they lie, workspaces by name, all else by the
 * structured clone algorithm, which knows keys and certificates of node:crypto. `transfer` must be passed on with it.
 */
export function packed(value: unknown): {
  readonly value: unknown
  readonly transfer: readonly ArrayBuffer[]
  readonly files: ReadonlySet<SharedFile>
} {
  const transfer: ArrayBuffer[] = []
  const files = new Set<SharedFile>()
  const wired = replacedIn(value, (inner) => {
    if (isWorkspace(inner)) return wireWorkspace
    if (!isByteSource(inner)) return undefined
    if (!inner.stretches) throw new Error('These bytes lie nowhere that another thread could read')
    const stretches = inner.stretches().map((stretch) => {
      if (stretch.kind === 'file') {
        files.add(stretch.file)
        return { descriptor: stretch.file.descriptor, start: stretch.start, end: stretch.end }
      }
      // A copy of just these bytes: what they are a window on stays here.
      const bytes = Uint8Array.from(stretch.bytes)
      transfer.push(bytes.buffer)
      return bytes
    })
    return { acrossThreads: 'bytes', stretches } satisfies WireBytes
  })
  return { value: wired, transfer, files }
}

/** The value that `packed` was given, as this thread has it. */
export function unpacked(
  value: unknown,
  fileOf: (descriptor: number) => SharedFile,
  workspace: Workspace | undefined,
): unknown {
  return replacedIn(value, (inner) => {
    if (!('acrossThreads' in inner)) return undefined
    if (inner.acrossThreads === 'workspace') return workspace
    const { stretches } = inner as WireBytes
    const sources = stretches.map((stretch) =>
      stretch instanceof Uint8Array
        ? bytesInMemory(stretch)
        : fileOf(stretch.descriptor).source(stretch.start, stretch.end),
    )
    const [only] = sources
    return sources.length === 1 ? only : concatenated(sources)
  })
}

/** The bytes of all messages and parts in `value`. */
export function bytesIn(value: unknown): number {
  let bytes = 0
  replacedIn(value, (inner) => {
    if (isByteSource(inner)) bytes += inner.size
    return isByteSource(inner) || isWorkspace(inner) ? inner : undefined
  })
  return bytes
}

/** The first workspace among arguments. */
export function workspaceAmong(args: readonly unknown[]): Workspace | undefined {
  return args.find((arg) => typeof arg === 'object' && arg !== null && isWorkspace(arg)) as
    | Workspace
    | undefined
}

/** `value` with some objects replaced, at any depth of lists and plain objects; what occurs twice stays one. */
function replacedIn(value: unknown, replace: (inner: object) => unknown): unknown {
  const known = new Map<object, unknown>()
  const visit = (inner: unknown): unknown => {
    if (typeof inner !== 'object' || inner === null) return inner
    if (known.has(inner)) return known.get(inner)
    const made = replace(inner) ?? inside(inner)
    known.set(inner, made)
    return made
  }
  const inside = (inner: object): unknown => {
    if (Array.isArray(inner)) return inner.map(visit)
    if (Object.getPrototypeOf(inner) !== Object.prototype) return inner
    return Object.fromEntries(Object.entries(inner).map(([name, each]) => [name, visit(each)]))
  }
  return visit(value)
}

function isByteSource(value: object): value is ByteSource {
  return 'stream' in value && 'window' in value && 'size' in value
}

function isWorkspace(value: object): value is Workspace {
  return 'writer' in value && 'shareFile' in value
}

/** An error as another thread can raise it again: whether trying again helps must not get lost on the way. */
export interface WireFailure {
  readonly kind: 'temporary' | 'permanent' | 'unforeseen'
  readonly status: StatusDetail
  readonly message: string
  readonly cause: string | undefined
}

export function packedFailure(error: unknown): WireFailure {
  if (!(error instanceof MailFailure))
    return { kind: 'unforeseen', status: '3.0', message: String(error), cause: traceOf(error) }
  const { status, message, cause, replyClass } = error
  return { kind: replyClass === 4 ? 'temporary' : 'permanent', status, message, cause: traceOf(cause) }
}

export function unpackedFailure({ kind, status, message, cause }: WireFailure): Error {
  const options = cause === undefined ? {} : { cause: new Error(cause) }
  switch (kind) {
    case 'temporary':
      return new TemporaryFailure(status, message, options)
    case 'permanent':
      return new PermanentFailure(status, message, options)
    case 'unforeseen':
      return new Error(message, options)
  }
}

function traceOf(error: unknown): string | undefined {
  if (error === undefined) return undefined
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
