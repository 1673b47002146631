import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OfficeDocument } from './office-documents.ts'
import { waitedCpuMs } from './tree-usage.ts'

/**
 * Processor time of `soffice --convert-to` for each document, in milliseconds: the way of most programs, a start each time.
 * Without network; with a profile that was used before, which is kinder to it than a fresh one.
 */
export function measureCold(documents: readonly OfficeDocument[], folder: string): number[] {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const convert = ({ name, bytes }: OfficeDocument) => {
    const file = join(folder, name)
    writeFileSync(file, bytes)
    const before = waitedCpuMs()
    const { status, error } = spawnSync(
      'unshare',
      [
        ...['--net', '--', 'soffice', `-env:UserInstallation=file://${folder}/profile`, '--headless'],
        ...['--convert-to', 'pdf', '--outdir', folder, file],
      ],
      { stdio: 'ignore', timeout: 120_000 },
    )
    if (status !== 0) throw error ?? new Error(`soffice --convert-to ended with ${status} for ${name}`)
    return waitedCpuMs() - before
  }
  // Makes the profile.
  for (const first of documents.slice(0, 1)) convert(first)
  const costs = documents.map(convert)
  rmSync(folder, { recursive: true, force: true })
  return costs
}
