/** Bounds of the converter. Sizes in bytes, times in milliseconds, each with the measurement it comes from. */
const MiB = 1024 * 1024

export const limits = {
  /** What a mail can carry, decoded. */
  documentBytes: 50 * MiB,
  /** Documents that are held for all jobs together, running and waiting. */
  heldBytes: 512 * MiB,
  pdfBytes: 40 * MiB,
  pages: 300,
  /** Of a PDF of pictures: a page costs 50 ms of work outside the sandbox and some 100 kB, ten times those of text. */
  picturedPages: 100,
  /** One page as pixels. A0 at 120 dpi has 22 million. */
  pixels: 25_000_000,
  /** A header line, on the socket and to the drivers. */
  lineBytes: 4096,
  /** p99 of 618 real files is 1.3 s, but a sound in a presentation keeps LibreOffice waiting for exactly 20 s. */
  jobTime: 30_000,
  /** A job that could not begin by then is answered `busy`. */
  waitTime: 30_000,
  /** Longer than 95 % of all documents take: from here on a job does not occupy a place in the pool any more. */
  slowAfter: 500,
  waitingJobs: 50,
  /** Drivers that work on slow jobs, beyond the pool's size and its spare. */
  slowJobs: 4,
  /** Warm-up to serving takes 0.8 to 1.5 s on an idle machine. */
  startTime: 30_000,
  cleaningTime: 10_000,
  /** 100 pages take 5 s on an idle machine. */
  picturingTime: 25_000,
} as const

/** What a sandboxed driver may use, and after what a healthy one is replaced. */
export interface DriverLimits {
  /** RLIMIT_AS of each process. */
  readonly addressSpace: number
  /** Resident memory of all its processes together: the job is stopped above. */
  readonly residentBytes: number
  /** A driver that is above when it is idle is replaced. LibreOffice grows by 1 MB a document. */
  readonly restartBytes: number
  /** Documents of several senders pass through one driver: not too many. */
  readonly jobs: number
  readonly age: number
}

/** VmPeak of LibreOffice is 1.25 GB with ordinary files. */
export const libreOfficeLimits: DriverLimits = {
  addressSpace: 4096 * MiB,
  residentBytes: 1536 * MiB,
  restartBytes: 700 * MiB,
  jobs: 50,
  age: 30 * 60_000,
}

/** A table of 3000 rows takes WeasyPrint to 481 MB of addresses and 267 MB of memory. */
export const weasyPrintLimits: DriverLimits = {
  addressSpace: 768 * MiB,
  residentBytes: 512 * MiB,
  restartBytes: 400 * MiB,
  jobs: 50,
  age: 30 * 60_000,
}
