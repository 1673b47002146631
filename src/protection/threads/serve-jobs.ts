import { parentPort } from 'node:worker_threads'
import { type Order, packed, packedFailure, type Reply, unpacked } from './across.ts'
import { JobFiles, threadWorkspace } from './thread-room.ts'

/** Functions whose arguments and results can go to another thread: data, keys, ByteSources, at most one workspace. */
export type Jobs = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>

/** Does what the main thread orders, one job after the other. To be called once, in a worker thread. */
export function serveJobs(jobs: Jobs): void {
  const port = parentPort
  if (!port) throw new Error('not a worker thread')
  // A stream that is given up may still fail somewhere inside a library. What counts is what the job itself says; one
  // that never says anything is ended from outside.
  process.on('unhandledRejection', () => {})
  port.on('message', async (order: Order) => {
    const files = new JobFiles()
    try {
      const { value, transfer } = packed(await work(order, jobs, files))
      files.end()
      port.postMessage({ kind: 'done', result: value } satisfies Reply, transfer)
    } catch (error) {
      files.end()
      port.postMessage({ kind: 'failed', failure: packedFailure(error) } satisfies Reply)
    }
  })
}

async function work({ job, args, room }: Order, jobs: Jobs, files: JobFiles): Promise<unknown> {
  const workspace = room && threadWorkspace(files.file(room.descriptor), room.limits)
  const given = unpacked(args, (descriptor) => files.file(descriptor), workspace) as never[]
  const found = jobs[job]
  if (!found) throw new Error(`no job ${job}`)
  return found(...given)
}
