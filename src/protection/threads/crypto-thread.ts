import { cryptoJobs } from './crypto-jobs.ts'
import { serveJobs } from './serve-jobs.ts'

serveJobs(cryptoJobs)
