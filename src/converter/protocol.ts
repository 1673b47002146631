import { z } from 'zod'
import { limits } from './limits.ts'

/** What the gateway asks, one request on each connection: this line, then `size` bytes of document or HTML. */
export const Request = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('convert'),
    office: z.enum(['doc', 'docx', 'xls', 'xlsx', 'xlsb', 'ppt', 'pptx', 'odt', 'ods', 'odp', 'rtf']),
    size: z.int().min(0),
    /** The PDF is to show pictures of the pages, and have nothing else in it. */
    flatten: z.boolean(),
  }),
  z.strictObject({ kind: z.literal('render'), size: z.int().min(0) }),
  z.strictObject({ kind: z.literal('status') }),
])
export type Request = z.infer<typeof Request>

const Drivers = z.object({
  idle: z.int(),
  starting: z.int(),
  working: z.int(),
  waiting: z.int(),
  stopped: z.int(),
  crashed: z.int(),
})

/** How the converter is: for `postsiegel status` and for those who watch it. */
export const ConverterStatus = z.object({
  kind: z.literal('status'),
  /** The confinement in force; `none`: nothing is converted; `probing`: the converter has just started. */
  rung: z.enum(['bwrap', 'bwrap-host-proc', 'none', 'probing']),
  seccomp: z.boolean(),
  office: Drivers,
  html: Drivers,
  converted: z.int(),
  /** Failures by their reason. */
  failed: z.record(z.string(), z.int()),
})
export type ConverterStatus = z.infer<typeof ConverterStatus>

/** What the converter answers: this line, and behind `converted` as many bytes of PDF as it says. */
export const Answer = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('converted'),
    size: z.int().min(1).max(limits.pdfBytes),
    pages: z.int().min(1).max(limits.pages),
    cut: z.boolean(),
  }),
  z.object({
    kind: z.literal('failed'),
    reason: z.enum(['password', 'broken', 'too-large', 'time-limit', 'busy', 'unavailable']),
  }),
  ConverterStatus,
])
export type Answer = z.infer<typeof Answer>
