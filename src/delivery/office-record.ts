import type { FileFate } from './rework-file.ts'

/** What was done to each kind of Office file, with how many: `2 docx converted`. For the record: no names. */
export function officeRecord(fates: readonly FileFate[]): string[] {
  const counts = new Map<string, number>()
  for (const fate of fates) {
    const done = `${fate.file.office} ${doneTo(fate)}`
    counts.set(done, (counts.get(done) ?? 0) + 1)
  }
  return Array.from(counts, ([done, count]) => `${count} ${done}`)
}

function doneTo({ treatment, conversion, closed }: FileFate): string {
  const failed = conversion?.kind === 'failed' ? ` (${conversion.reason})` : ''
  switch (treatment) {
    case 'pass':
      return 'passed'
    case 'accompany':
      return failed ? `passed without PDF${failed}` : 'passed with PDF'
    case 'hold':
      return 'held'
    case 'convert':
      if (closed) return 'held, in a container that cannot be read'
      return failed ? `held without PDF${failed}` : 'converted, original held'
  }
}
