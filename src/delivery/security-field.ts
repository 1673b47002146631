import { toAscii } from '../decision/to-ascii.ts'
import { structuredField } from '../message/build-field.ts'
import type { ProtectionFacts, ProtectionLayer } from '../message/facts.ts'
import type { HeaderField } from '../message/header-field.ts'

/**
 * `X-Postsiegel-Security`: what a message was protected by and what it was worth, for filters and mail programs. Pairs
 * of name and value, the first two always there: `signature=valid|invalid|none`, `encryption=opened|closed|none`, then
 * one `layer=` for each, the outermost first, and `remote-content=removed` where HTML could have fetched something.
 */
export function securityField(protection: ProtectionFacts, isRemoteContentRemoved: boolean): HeaderField {
  const { signature, encryption, layers } = protection
  const pairs = [
    `signature=${signature}`,
    `encryption=${encryption}`,
    ...layers.map((layer) => `layer="${describeLayer(layer)}"`),
    ...(isRemoteContentRemoved ? ['remote-content=removed'] : []),
  ]
  return structuredField('X-Postsiegel-Security', pairs.join('; '))
}

/** One layer in words, such as `smime signed invalid wrong-address eve@evil.example`; printable ASCII without quotes. */
export function describeLayer(layer: ProtectionLayer): string {
  return toAscii(wordsOf(layer).join(' '), 200).replaceAll(/["\\;]/g, '?')
}

function wordsOf(layer: ProtectionLayer): readonly string[] {
  switch (layer.kind) {
    case 'encrypted':
      return [layer.format, 'encrypted', layer.cipher, ...(layer.isAuthenticated ? [] : ['unauthenticated'])]
    case 'closed':
      return [layer.format, 'closed', layer.reason]
    case 'signed': {
      const address = layer.signer?.addresses[0]
      return [
        layer.format,
        'signed',
        layer.verdict,
        ...(layer.verdict === 'valid' ? [] : [layer.reason]),
        ...(address === undefined ? [] : [address]),
      ]
    }
  }
}
