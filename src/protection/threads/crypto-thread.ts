import { constants, setPriority } from 'node:os'
import { cryptoJobs } from './crypto-jobs.ts'
import { serveJobs } from './serve-jobs.ts'

try {
  // setpriority(2): on Linux this is the priority of the calling thread alone. Where processors are few, those who only want
  // a word with the gateway come first.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
} catch {
  // A sandbox may forbid it: then all threads are alike.
}

serveJobs(cryptoJobs)
