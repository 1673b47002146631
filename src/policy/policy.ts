import { z } from 'zod'
import { dangerousTypes, officeKinds } from '../message/facts.ts'
import { Weights } from '../trust/weights.ts'

/** A span of time as people write it: `90s`, `15m`, `12h`, `30d`; milliseconds from here on. */
export const Duration = z
  .string()
  .regex(/^\d{1,6}[smhd]$/, 'a number and s, m, h or d, such as 12h')
  .transform(
    (text) =>
      Number(text.slice(0, -1)) *
      { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[text.slice(-1) as 's' | 'm' | 'h' | 'd'],
  )
  .describe('a span of time such as 90s, 15m, 12h or 30d')

/** How mail to a recipient outside is protected. All settings may be left out: then the next wider pattern speaks. */
export const OutboundRule = z.strictObject({
  protection: z
    .array(z.enum(['smime', 'openpgp', 'pdf', 'tls', 'none']))
    .min(1)
    .describe('tried in order, the first that can be used wins; none is the clear')
    .exactOptional(),
  protect: z
    .enum(['always', 'flagged', 'detected'])
    .describe(
      'what must be protected: all mail, mail that its sender flags, or also mail in which something is detected (IBAN, German tax and social security numbers, `words`, `attachmentTypes`); the rest leaves in the clear',
    )
    .exactOptional(),
  words: z
    .array(
      z
        .string()
        .trim()
        .min(2)
        .max(100)
        .regex(/[\p{L}\p{N}]/u, 'a word with letters or digits'),
    )
    .max(1000)
    .describe('whole words or phrases that `protect: detected` looks for, whatever the case')
    .exactOptional(),
  attachmentTypes: z
    .array(
      z
        .string()
        .regex(
          /^(?:\.?[a-z0-9]{1,10}|[a-z0-9.+-]+\/(?:\*|[a-z0-9.+-]+))$/i,
          'an ending such as xlsx, or a type such as application/pdf or image/*',
        ),
    )
    .max(100)
    .describe('attachments that `protect: detected` looks for: endings of names, or content types')
    .exactOptional(),
  plain: z
    .boolean()
    .describe('whether the flag [plain] may send a mail in the clear that would be protected')
    .exactOptional(),
  otherwise: z
    .enum(['wait', 'reject'])
    .describe(
      'when no protection can be used: keep the mail in the queue until there is one, or bounce it at once',
    )
    .exactOptional(),
  sign: z
    .enum(['always', 'if-possible', 'never'])
    .describe('signature: always refuses a sender without certificate or key')
    .exactOptional(),
  signatureForm: z
    .enum(['clear', 'opaque'])
    .describe('S/MIME signature beside the text, or around it: unreadable without S/MIME, safe from servers')
    .exactOptional(),
  calendar: z
    .enum(['protect', 'pass'])
    .describe(
      'pass: invitations and answers to them go unsigned, and by tls or none where `protection` lists one of these; Outlook shows no buttons in a signed one',
    )
    .exactOptional(),
  cipher: z
    .enum(['auto', 'cbc', 'gcm'])
    .describe('AES-256 of S/MIME: auto is CBC unless every recipient announced GCM')
    .exactOptional(),
  keyTransport: z
    .enum(['auto', 'pkcs1', 'oaep'])
    .describe('RSA of S/MIME: auto is PKCS#1 v1.5 unless every recipient announced OAEP')
    .exactOptional(),
  keyTrust: z
    .enum(['harvested', 'discovered', 'verified', 'manual'])
    .describe('least trust in an OpenPGP key that is encrypted to')
    .exactOptional(),
  headerProtection: z
    .boolean()
    .describe('sign and encrypt a copy of the header too (RFC 9788)')
    .exactOptional(),
  autocrypt: z
    .boolean()
    .describe('send the OpenPGP key of the author along, so that answers can be encrypted (Autocrypt)')
    .exactOptional(),
  neutralSubject: z
    .boolean()
    .describe('encrypted mail shows no subject outside; inside stands the true one')
    .exactOptional(),
  office: z
    .enum(['pass', 'convert', 'refuse'])
    .describe(
      'Office files in mail to outside: sent as they are, as PDFs instead, or the mail comes back to its author',
    )
    .exactOptional(),
  tlsNames: z
    .array(
      z
        .string()
        .max(253)
        .regex(/^\.?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/i, 'a host name such as mx1.example.org'),
    )
    .min(1)
    .describe('names agreed with a TLS partner that its certificate may carry instead of its mail domain')
    .exactOptional(),
})
export type OutboundRule = z.infer<typeof OutboundRule>

/** A size as people write it: `500KB`, `5MB`; bytes from here on, in steps of 1024. */
export const Size = z
  .string()
  .regex(/^\d{1,6}(KB|MB)$/, 'a number and KB or MB, such as 5MB')
  .transform((text) => Number(text.slice(0, -2)) * (text.endsWith('MB') ? 1024 * 1024 : 1024))
  .describe('a size such as 500KB or 5MB')

const trust = z.number().int().min(-100).max(100)

/**
 * What becomes of an Office file. `convert`: a PDF at once, the original is held; `hold`: held without a PDF; `pass`:
 * delivered as it came; `refuse`: the mail is refused in the dialogue.
 */
export const OfficeAction = z.enum(['convert', 'hold', 'pass', 'refuse'])
export type OfficeAction = z.infer<typeof OfficeAction>

/** Some Office files, by all that is said here together, and what becomes of them. */
export const OfficeRule = z.strictObject({
  kinds: z.array(z.enum(officeKinds)).min(1).describe('kinds by content, not by name').exactOptional(),
  macros: z.boolean().describe('whether it contains macros').exactOptional(),
  encrypted: z.boolean().describe('whether it is protected by a password').exactOptional(),
  largerThan: Size.describe('above this size, such as 5MB').exactOptional(),
  trustBelow: trust.describe('the mail has less trust than this').exactOptional(),
  trustFrom: trust.describe('the mail has this trust or more').exactOptional(),
  // biome-ignore lint/suspicious/noThenProperty: a word of the policy files; nothing awaits a rule.
  then: OfficeAction.describe('what becomes of it'),
})
export type OfficeRule = z.infer<typeof OfficeRule>

/** How mail to one of our own addresses is judged. */
export const InboundRule = z.strictObject({
  acceptFrom: z.number().int().min(-100).max(100).describe('accepted at this trust or above').exactOptional(),
  refuseBelow: z
    .number()
    .int()
    .min(-100)
    .max(100)
    .describe('refused below this trust; between: asked to come again')
    .exactOptional(),
  office: OfficeAction.describe(
    'Office files: convert: PDF at once, original held; hold: held without PDF; pass: delivered as it came; refuse: the mail is refused',
  ).exactOptional(),
  officeRules: z
    .array(OfficeRule)
    .describe('for some Office files something else: the first rule that matches wins, else `office`')
    .exactOptional(),
  withholdingBasis: z
    .string()
    .min(3)
    .max(300)
    .describe(
      'consent or company rule that permits to withhold files from this mailbox, as it would be shown to an auditor; without it only malware is withheld, and convert adds the PDF beside the original',
    )
    .exactOptional(),
  flatten: z
    .boolean()
    .describe(
      'PDFs of Office files show pictures of the pages: nothing of a file gets through but what it looks like, and nothing can be searched or copied',
    )
    .exactOptional(),
  signedMail: z
    .enum(['convert', 'leave'])
    .describe(
      'Office files in signed mail: convert them and say that the signature is broken, or leave the mail as it is',
    )
    .exactOptional(),
  hold: Duration.describe(
    'how long the original of an Office file is held between two virus scans',
  ).exactOptional(),
  release: z
    .array(z.enum(['mail', 'folder', 'notice']))
    .min(1)
    .describe('how an original is delivered when it is released: as mail, into a folder, as a notice')
    .exactOptional(),
  releaseFolder: z
    .string()
    .regex(/^\/[^\0]+$/, 'an absolute path')
    .describe('folder (file server) for `release: [folder]`')
    .exactOptional(),
  earlyRelease: z
    .enum(['administrator', 'four-eyes'])
    .describe('who may end a hold early: one administrator, or two different persons')
    .exactOptional(),
  keepReleased: Duration.describe(
    'how long a released original is kept, for `release: [notice]` and for questions',
  ).exactOptional(),
  undecryptable: z
    .enum(['pass', 'reject'])
    .describe(
      'encrypted mail that we cannot look into: deliver it with a mark, for a recipient with a key of his own, or refuse it',
    )
    .exactOptional(),
  forbiddenTypes: z
    .array(z.enum(dangerousTypes))
    .describe(
      'attachments for which a mail is refused whoever sends it, by content and by name, also in zip archives; [] for none',
    )
    .exactOptional(),
  scorerDown: z
    .enum(['pass', 'defer'])
    .describe(
      'while the content scorer of the settings gives no score: judge without it, or ask the sender to try again',
    )
    .exactOptional(),
  subjectTags: z
    .boolean()
    .describe(
      'whether the subject tells of protection: [encrypted], [not decrypted], [signed OK], [signed INVALID]; such words of a sender are then removed',
    )
    .exactOptional(),
  telephone: z.string().min(3).max(40).describe('whom a refused sender should call').exactOptional(),
  languages: z
    .array(z.enum(['de', 'en']))
    .length(2)
    .refine(([first, second]) => first !== second, 'each language once')
    .describe('in which order a refused sender is told why')
    .exactOptional(),
  digest: z
    .enum(['off', 'daily'])
    .describe(
      'daily: a mail each morning lists what was refused to this recipient the day before, by time, sender and subject; nothing can be released from it',
    )
    .exactOptional(),
})
export type InboundRule = z.infer<typeof InboundRule>

/** Who an entry of a list is about: an address, "@domain", "*.domain", an IP address or a network in CIDR form. */
const listed = z
  .string()
  .min(3)
  .describe('address, domain, *.domain, IP address or network such as 192.0.2.0/24')

const author = z.string().trim().min(1).max(100).describe('who decided it, for whoever reads it later')

export const BlockEntry = z.strictObject({
  sender: listed,
  reason: z.string().min(1).max(200).describe('why, for whoever reads it later'),
  by: author.exactOptional(),
  until: z.iso.date().describe('last day, YYYY-MM-DD').exactOptional(),
})
export type BlockEntry = z.infer<typeof BlockEntry>

export const AllowEntry = z.strictObject({
  sender: listed,
  points: z
    .number()
    .int()
    .min(-100)
    .max(60)
    .default(40)
    .describe('added to the trust; a negative number takes away, with or without a proof'),
  requires: z
    .enum(['authenticated', 'dkim'])
    .describe(
      'the proof that the author must bring: SPF or DKIM, which also an entry about a server asks for then; or DKIM only. A name always needs one',
    )
    .exactOptional(),
  reason: z.string().min(1).max(200).describe('why, for whoever reads it later'),
  by: author.exactOptional(),
  until: z.iso.date().describe('last day, YYYY-MM-DD').exactOptional(),
})
export type AllowEntry = z.infer<typeof AllowEntry>

/** Who may write in the name of one of our own domains without its proof: a scanner by its address, a service by its signature. */
export const OwnDomainException = z.strictObject({
  sender: listed.describe(
    'IP address or network of the machine, or the domain of the service’s DKIM signature',
  ),
  reason: z.string().min(1).max(200).describe('why, for whoever reads it later'),
  until: z.iso.date().describe('last day, YYYY-MM-DD').exactOptional(),
})
export type OwnDomainException = z.infer<typeof OwnDomainException>

/** A forwarder whose word about the mail that he passes on is believed (ARC, RFC 8617). */
export const TrustedSealer = z.strictObject({
  domain: z.string().min(3).max(253).describe('domain of his ARC seals (d=)'),
  reason: z.string().min(1).max(200).describe('why, for whoever reads it later'),
  until: z.iso.date().describe('last day, YYYY-MM-DD').exactOptional(),
})
export type TrustedSealer = z.infer<typeof TrustedSealer>

/** What is agreed with a partner in both directions. */
export const PartnerRule = z.strictObject({
  authorities: z
    .array(z.string().regex(/^\/[^\0]+$/, 'an absolute path'))
    .min(1)
    .max(20)
    .describe(
      'PEM files with certification authorities that count for this partner’s addresses only, to encrypt to them and to believe their signatures',
    ),
})
export type PartnerRule = z.infer<typeof PartnerRule>

/** One file of the policy folder. Keys of `outbound` and `inbound`: address, domain, `*.domain` or `default`; of `partners` the same without `default`. */
export const PolicyFile = z.strictObject({
  outbound: z.record(z.string(), OutboundRule).exactOptional(),
  inbound: z.record(z.string(), InboundRule).exactOptional(),
  partners: z.record(z.string(), PartnerRule).exactOptional(),
  block: z.array(BlockEntry).exactOptional(),
  allow: z.array(AllowEntry).exactOptional(),
  ownDomain: z.array(OwnDomainException).exactOptional(),
  sealers: z.array(TrustedSealer).exactOptional(),
  trust: Weights.exactOptional(),
})
export type PolicyFile = z.infer<typeof PolicyFile>

/** The rules for one recipient when everything that was left out has been filled in. */
export type OutboundPolicy = Required<Omit<OutboundRule, 'tlsNames'>> & Pick<OutboundRule, 'tlsNames'>
type OptionalInbound = 'telephone' | 'withholdingBasis' | 'releaseFolder'
export type InboundPolicy = Required<Omit<InboundRule, OptionalInbound>> & Pick<InboundRule, OptionalInbound>

/** All files read together: one immutable set, under one generation number. */
export interface PolicySet {
  readonly generation: number
  /** Pattern (lower-case, A-labels) -> rule. */
  readonly outbound: ReadonlyMap<string, OutboundRule>
  readonly inbound: ReadonlyMap<string, InboundRule>
  readonly partners: ReadonlyMap<string, PartnerRule>
  readonly block: readonly BlockEntry[]
  readonly allow: readonly AllowEntry[]
  readonly ownDomain: readonly OwnDomainException[]
  readonly sealers: readonly TrustedSealer[]
  readonly trust: Weights
}
