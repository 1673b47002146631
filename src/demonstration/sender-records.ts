import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { dkimSign } from 'mailauth'
import type { Zone } from './dns-server.ts'
import type { Sender } from './people.ts'

/** A domain outside that sends as it should: SPF, DKIM, DMARC, and a host name that leads there and back. */
export interface SendingDomain extends Sender {
  readonly hostName: string
  readonly privateKey: string
}

const selector = 'demo'

export function makeSendingDomain(sender: Sender): SendingDomain {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    ...sender,
    hostName: `mail.${sender.domain}`,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** The records that prove mail of this domain. `mailHost` receives for it. */
export function recordsOf(sender: SendingDomain, mailHost: string): Zone {
  const key = createPublicKey(sender.privateKey).export({ type: 'spki', format: 'der' }).toString('base64')
  const reverse = `${sender.clientAddress.split('.').reverse().join('.')}.in-addr.arpa`
  return {
    [sender.domain]: {
      MX: [{ preference: 10, exchange: mailHost }],
      TXT: [`v=spf1 ip4:${sender.clientAddress} -all`],
    },
    [`_dmarc.${sender.domain}`]: { TXT: ['v=DMARC1; p=reject'] },
    [`${selector}._domainkey.${sender.domain}`]: { TXT: [`v=DKIM1; k=rsa; p=${key}`] },
    [sender.hostName]: { A: [sender.clientAddress] },
    [reverse]: { PTR: [sender.hostName] },
  }
}

/** The message with the domain's DKIM signature above it (RFC 6376). */
export async function signedByDomain(message: Buffer, sender: SendingDomain): Promise<Buffer> {
  const signature = { signingDomain: sender.domain, selector, privateKey: sender.privateKey }
  const { signatures, errors } = await dkimSign(message, {
    // mailauth 7.1.0 reads the list; its types want the same at the top as well.
    ...signature,
    signatureData: [signature],
    canonicalization: 'relaxed/relaxed',
    algorithm: 'rsa-sha256',
    signTime: new Date(),
  })
  if (errors.length > 0 || !signatures) throw new Error(`mailauth did not sign for ${sender.domain}`)
  return Buffer.concat([Buffer.from(signatures), message])
}
