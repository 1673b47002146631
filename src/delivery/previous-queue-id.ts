import type { HeaderField } from '../message/header-field.ts'

/**
 * The queue id that the hop before us gave: Postfix writes `by host (Postfix) with ESMTP id ID` in the topmost
 * Received field that we are shown (our own hop's is hidden from a milter). Undefined if there is none.
 */
export function previousQueueId(fields: readonly HeaderField[]): string | undefined {
  const received = fields.find((field) => field.name.toLowerCase() === 'received')
  return received?.value.slice(0, 2000).match(/\bid\s+([0-9A-Za-z]{6,32})\b/)?.[1]
}
