import { readFileSync, writeFileSync } from 'node:fs'

/** Clock ticks of /proc/PID/stat in a second (proc(5)): 100 on every Linux of Debian. */
const ticksPerSecond = 100

/** User and system time of a process and all its threads so far, in milliseconds; in steps of 10. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The name, in brackets, may contain anything: what follows it starts with field 3; utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond
}

/** The most memory that a process has had since the last `forgetPeak`, in MiB. */
export function peakMiB(pid: number): number {
  const [, kib] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
  return Number(kib) / 1024
}

/** Starts the peak anew from what the process has now (proc(5), clear_refs). */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}
