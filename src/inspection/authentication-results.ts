import type { InboundFacts, ProtectionFacts } from '../message/facts.ts'
import type { ReceivedMessage } from '../message/received-message.ts'

/**
 * The value of our Authentication-Results field (RFC 8601 2.2), folded, with its leading space. Everything in it that
 * the sender chose is quoted, or left out if that cannot make it a value.
 */
export function authenticationResults(
  { authentication, protection }: Pick<InboundFacts, 'authentication' | 'protection'>,
  message: Pick<ReceivedMessage, 'mtaName' | 'sender'>,
): string {
  const { spf, dkim, dmarc, arc, author } = authentication
  const spfProperty = message.sender === '' ? 'smtp.helo' : 'smtp.mailfrom'
  const signatures = dkim.map(({ result, domain, selector, bodyLengthLimited }) =>
    join(
      `dkim=${result}`,
      bodyLengthLimited && '(body length limited)',
      property('header.d', domain),
      property('header.s', selector),
    ),
  )
  const lines = [
    value(message.mtaName) ?? 'unknown',
    join(`spf=${spf.result}`, property(spfProperty, spf.domain)),
    ...(signatures.length > 0 ? signatures : ['dkim=none']),
    join(
      `dmarc=${dmarc.result}`,
      property('policy.dmarc', dmarc.policy),
      property('header.from', author?.domain),
    ),
    `arc=${arc}`,
    ...signatureResults(protection),
  ]
  return ` ${lines.join(';\r\n\t')}`
}

/**
 * S/MIME by RFC 7281, whose `fail` is any signature that does not prove the author. No method is registered for OpenPGP;
 * `x-openpgp` (RFC 8601 2.7.7) is ours, with the same results and properties.
 */
function signatureResults({ layers }: ProtectionFacts): readonly string[] {
  const signed = layers.filter((layer) => layer.kind === 'signed')
  if (signed.length === 0) return ['smime=none']
  return signed.map(({ format, verdict, reason, signer }) =>
    join(
      `${format === 'smime' ? 'smime' : 'x-openpgp'}=${verdict === 'valid' ? 'pass' : 'fail'}`,
      verdict === 'invalid' && `reason=${value(reason) ?? 'invalid'}`,
      property('body.smime-identifier', signer?.addresses[0]),
    ),
  )
}

function join(...words: readonly (string | false | undefined)[]): string {
  return words.filter((word) => word).join(' ')
}

function property(name: string, text: string | undefined): string | undefined {
  const written = text === undefined ? undefined : value(text)
  return written && `${name}=${written}`
}

/**
 * RFC 2045 5.1 token, else a quoted string. Longer than a domain name may be, or beyond printable ASCII, is left out:
 * it would only be somebody's try to write into our field.
 */
function value(text: string): string | undefined {
  if (text.length === 0 || text.length > 255 || !/^[ -~]+$/.test(text)) return undefined
  if (/^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/.test(text)) return text
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
