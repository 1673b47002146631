import { parentPort } from 'node:worker_threads'
import { cleanPdf } from './clean-pdf.ts'
import { limits } from './limits.ts'
import { pdfOfPictures } from './pdf-of-pictures.ts'

/** What the thread is asked, and what it answers: a CleanedPdf, or undefined when the output is not what it should be. */
export interface CleaningJob {
  readonly output: Uint8Array
  readonly form: 'pdf' | 'pixels'
}

parentPort?.on('message', async ({ output, form }: CleaningJob) => {
  const cleaning =
    form === 'pdf' ? cleanPdf(output, limits.pages) : pdfOfPictures(output, limits.picturedPages)
  parentPort?.postMessage(await cleaning.catch(() => undefined))
})
