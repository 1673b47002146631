import type { InboundFacts, ScanResult } from './facts.ts'

/**
 * The facts of a judgement as its record keeps them, so that it can be repeated: as JSON, without the names of files, and
 * without times on which nothing rests.
 */
export function recordedFacts(facts: InboundFacts): InboundFacts {
  return {
    ...facts,
    scan: withoutDate(facts.scan),
    files: [],
    office: facts.office.map((file) => ({ ...file, fileName: '' })),
    forbidden: facts.forbidden.map((file) => ({ ...file, fileName: '' })),
    protection: {
      ...facts.protection,
      layers: facts.protection.layers.map((layer) =>
        layer.kind === 'signed' ? { ...layer, signedAt: undefined } : layer,
      ),
    },
  }
}

function withoutDate(scan: ScanResult): ScanResult {
  if (scan.kind === 'unknown') return scan
  const { signaturesBuiltAt: _, ...rest } = scan
  return rest
}
