/** Authentication results in the words of RFC 8601 2.7. */
export type AuthenticationResult =
  | 'pass'
  | 'fail'
  | 'softfail'
  | 'neutral'
  | 'none'
  | 'temperror'
  | 'permerror'
  | 'policy'

/** What DNS and the signatures say about who sent the message. Domains are lower-case A-labels. */
export interface AuthenticationFacts {
  /** The one author address of the From field; undefined if there is none or several. */
  readonly author: { readonly address: string; readonly domain: string } | undefined
  readonly spf: {
    readonly result: AuthenticationResult
    readonly domain: string | undefined
    readonly aligned: boolean
  }
  readonly dkim: readonly {
    readonly result: AuthenticationResult
    readonly domain: string
    readonly selector: string
    readonly aligned: boolean
    /** The signature covers only the first `l=` bytes: it counts as no signature. */
    readonly bodyLengthLimited: boolean
  }[]
  readonly dmarc: {
    readonly result: AuthenticationResult
    /** Published policy of the author's organisational domain; undefined if none is published. */
    readonly policy: 'none' | 'quarantine' | 'reject' | undefined
  }
  readonly arc: AuthenticationResult
  /** Whether the author's domain publishes an SPF record; undefined where nobody asked or nobody knows. */
  readonly authorPublishesSpf?: boolean | undefined
}

/**
 * What the virus scanner said. Only `clean` is clean; `unknown` covers every error, limit and time-out, and signatures
 * that are too old. `signaturesBuiltAt` is left out where the scanner does not tell it.
 */
export type ScanResult =
  | { readonly kind: 'clean'; readonly signatures: string; readonly signaturesBuiltAt?: Date }
  | {
      readonly kind: 'infected'
      readonly name: string
      readonly signatures: string
      readonly signaturesBuiltAt?: Date
    }
  | { readonly kind: 'unknown'; readonly reason: string }

/** Kinds of Office files by content, not by name. */
export const officeKinds = [
  'doc',
  'docx',
  'xls',
  'xlsx',
  'xlsb',
  'ppt',
  'pptx',
  'odt',
  'ods',
  'odp',
  'rtf',
] as const
export type OfficeKind = (typeof officeKinds)[number]

/** An attachment that is an Office file by its content. `path` leads from the root by child indexes. */
export interface OfficeAttachment {
  readonly path: readonly number[]
  readonly fileName: string
  readonly office: OfficeKind
  readonly macros: boolean
  readonly encrypted: boolean
  readonly bytes: number
}

/** What we know of a correspondent from our own outbound mail. Times in milliseconds since 1970. */
export interface RelationFacts {
  /** Decayed counts at the time of asking: mails from this recipient, from anybody here, to the whole domain. */
  readonly pair: number
  readonly address: number
  readonly domain: number
  readonly firstAt: number | undefined
  readonly lastAt: number | undefined
}

/** Everything that the judgement of an inbound message may rest on. */
export interface InboundFacts {
  readonly authentication: AuthenticationFacts
  readonly scan: ScanResult
  readonly office: readonly OfficeAttachment[]
  /** One for each recipient, in the order of the envelope. */
  readonly relations: readonly RelationFacts[]
  readonly ownDomain: boolean
  readonly ambiguities: readonly string[]
}
