/** Who writes to whom in the demonstration. All domains are reserved for examples (RFC 2606). */

export const ownDomain = 'kanzlei-muster.example'
export const anna = `anna.weber@${ownDomain}`
export const jonas = `jonas.kurz@${ownDomain}`

/** A host outside: what its domain sends from, and the address that the demonstration shows Postfix (RFC 5737). */
export interface Sender {
  readonly domain: string
  readonly clientAddress: string
}

/** Has a certificate for S/MIME, and we write to each other. */
export const builder = { domain: 'bau-berger.example', clientAddress: '192.0.2.10' } satisfies Sender
export const builderAddress = `erika.berger@${builder.domain}`

/** Reads OpenPGP mail. */
export const gardenerAddress = 'hanna.gruen@gaertnerei-gruen.example'

/** Chose a password for PDF mail. */
export const dealerAddress = 'otto.klein@klein-handel.example'
export const dealerPassword = 'Kirschbaum-47-Leiter'

/** Agreed on TLS; its host has the right certificate. */
export const insurerDomain = 'versicherung-nord.example'
export const insurerAddress = `schaden@${insurerDomain}`

/** Agreed on TLS, but its host offers none. */
export const carelessDomain = 'makler-ohne-tls.example'
export const carelessAddress = `post@${carelessDomain}`

/** Nobody knows a way to protect mail to him until he has chosen a password. */
export const strangerAddress = 'tim.neu@neue-mandantin.example'
export const strangerPassword = 'Regenbogen-12-Tasse'

/** Writes for the first time, with everything in order. */
export const firstContact = { domain: 'anfrage-sued.example', clientAddress: '192.0.2.30' } satisfies Sender
/** On our block list. */
export const advertiser = { domain: 'werbung.example', clientAddress: '192.0.2.40' } satisfies Sender
/** Nobody we know; pretends to be somebody we know. */
export const forgerAddress = '198.51.100.66'

/** Domains that sign with DKIM and publish SPF and DMARC. */
export const senders = [builder, firstContact, advertiser] as const
