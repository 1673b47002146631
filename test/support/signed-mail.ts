import { generateKeyPairSync } from 'node:crypto'
import { dkimSign } from 'mailauth/lib/dkim/sign.js'
import type { Zone } from './zone-lookup.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** The record of the key that `signed` signs with. */
export const keyRecord = `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`

/** The key of `domain` under the selectors `s`. */
export function keyZone(domain: string, ...selectors: string[]): Zone {
  return Object.fromEntries(
    (selectors.length > 0 ? selectors : ['s']).map((selector) => [
      `${selector}._domainkey.${domain}`,
      { TXT: [[keyRecord]] },
    ]),
  )
}

/** `text` with CRLF line ends and a DKIM signature of `domain` above it. */
export async function signed(
  text: string,
  domain: string,
  { selector = 's', maxBodyLength }: { selector?: string; maxBodyLength?: number } = {},
): Promise<string> {
  const message = text.replace(/\r?\n/g, '\r\n')
  const key = { signingDomain: domain, selector, privateKey: pem }
  const { signatures } = await dkimSign(message, {
    // Only the types want the key here; what counts is signatureData.
    ...key,
    canonicalization: 'relaxed/relaxed',
    signatureData: [{ ...key, ...(maxBodyLength === undefined ? {} : { maxBodyLength }) }],
  })
  return signatures + message
}
