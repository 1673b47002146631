import type { ByteSource } from '../message/byte-source.ts'
import type { OfficeKind } from '../message/facts.ts'

/**
 * Why there is no PDF. `password`: the document asks for one; `broken`: the engine refuses or crashes on it; `too-large`: the
 * document, what it unpacks to, or its PDF is above a limit; `time-limit`: the engine did not finish. These four lie
 * in the document. `busy` (queue full) and `unavailable` (converter down, or no confinement works) do not.
 */
export type ConversionFailure = 'password' | 'broken' | 'too-large' | 'time-limit' | 'busy' | 'unavailable'

export type ConversionResult =
  /** `cut`: the document has more pages than the PDF, whose number is bounded. */
  | { readonly kind: 'converted'; readonly pdf: Uint8Array; readonly pages: number; readonly cut: boolean }
  | { readonly kind: 'failed'; readonly reason: ConversionFailure }

/** The zone for hostile documents as the gateway sees it. What comes back was cleaned and is still somebody else's. */
export interface Converter {
  /**
   * Office file -> cleaned PDF, with `flatten` a PDF of pictures: no text, no links, and of the engine's output nothing but
   * pixels. Never throws for bad documents; rejects with the signal's reason when it aborts.
   */
  convert(
    document: ByteSource,
    office: OfficeKind,
    signal: AbortSignal,
    flatten?: boolean,
  ): Promise<ConversionResult>
  /** Self-contained HTML -> PDF by WeasyPrint; only data: URLs are ever loaded. */
  render(html: string, signal: AbortSignal): Promise<ConversionResult>
}
