import { parentPort } from 'node:worker_threads'
import { cleanPdf } from './clean-pdf.ts'

/** What the thread is asked, and what it answers: undefined when the PDF cannot be cleaned. */
export interface CleaningJob {
  readonly pdf: Uint8Array
  readonly maxPages: number
}

parentPort?.on('message', async ({ pdf, maxPages }: CleaningJob) => {
  parentPort?.postMessage(await cleanPdf(pdf, maxPages).catch(() => undefined))
})
