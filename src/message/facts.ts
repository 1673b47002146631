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
    /**
     * Who sends by the servers that matched: `own`: the domain's own; `shared`: any customer of a large host may too;
     * `open`: anybody. Undefined where nothing passed; `unknown` counts as shared.
     */
    readonly reach?: 'own' | 'shared' | 'open' | 'unknown' | undefined
  }
  readonly dkim: readonly {
    readonly result: AuthenticationResult
    readonly domain: string
    readonly selector: string
    readonly aligned: boolean
    /** The signature covers only the first `l=` bytes: it counts as no signature. */
    readonly bodyLengthLimited: boolean
    /** It leaves Subject, or both To and Date, to whoever passes it on: a copy can be made to say something else. */
    readonly headerIncomplete?: boolean
  }[]
  readonly dmarc: {
    readonly result: AuthenticationResult
    /** What the author's domain asks for, one step milder while it only tries that out (`t=y`); undefined if nothing is published. */
    readonly policy: 'none' | 'quarantine' | 'reject' | undefined
  }
  readonly arc: AuthenticationResult
  /**
   * Of an ARC chain that passed: everybody who sealed it, and whether the first says that the author was authenticated. The chain
   * proves who says so, not that it is true (RFC 8617 4.2.1): whoever comes later could have changed everything.
   */
  readonly forwarded?: { readonly sealers: readonly string[]; readonly authorPassed: boolean } | undefined
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

/** Files that tax and accounting software reads; they are never changed or held. */
export type InvoiceFormat =
  | 'ZUGFeRD/Factur-X'
  | 'UBL invoice'
  | 'CII invoice'
  | 'DATEV'
  | 'ELSTER'
  | 'signed PDF'

/** An Office file by its content. */
export interface OfficeFile {
  readonly kind: 'office'
  readonly fileName: string
  readonly office: OfficeKind
  readonly macros: boolean
  readonly encrypted: boolean
  /** It fetches something when it is opened: pictures, templates, tables, DDE. Links to click on do not count. */
  readonly externalLinks: boolean
  readonly bytes: number
}

/** A file of which we know something, containers with what is inside. What is none of these is passed on as it is. */
export type SeenFile =
  | OfficeFile
  /** A container that could hide Office files and cannot be looked into; `office` is the kind it names, or a guess. */
  | {
      readonly kind: 'closed'
      readonly fileName: string
      readonly office: OfficeKind
      readonly reason: 'encrypted' | 'too-large' | 'unreadable'
      readonly bytes: number
    }
  | { readonly kind: 'invoice'; readonly fileName: string; readonly format: InvoiceFormat }
  /** `place`: index in the directory of a zip archive, among the parts of a TNEF stream, or path in a message. */
  | {
      readonly kind: 'zip' | 'tnef' | 'message' | 'signed'
      readonly fileName: string
      readonly inside: readonly { readonly place: readonly number[]; readonly file: SeenFile }[]
    }

/** A leaf of the message's MIME tree. `path` leads from the root by child indexes; `signed`: a multipart/signed is above. */
export interface AttachedFile {
  readonly path: readonly number[]
  readonly signed: boolean
  readonly file: SeenFile
}

/** An Office file, or a closed container, with the path of the leaf that it came in. */
export interface OfficeAttachment extends Omit<OfficeFile, 'kind'> {
  readonly path: readonly number[]
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

/**
 * What is remembered of earlier mail of the same identity. Counts are decayed at the time of asking. `kind` is what the
 * identity was: the author's address or domain where proven, else the sender's domain by SPF, else the client's address.
 */
export interface HistoryFacts {
  /** Mails accepted without complaint, and mails refused for content or lists. */
  readonly accepted: number
  readonly refused: number
  readonly kind: 'address' | 'domain' | 'envelope' | 'ip'
  /** How mail of the author's domain came so far; only mail with a relation is remembered so. */
  readonly seen: { readonly signed: boolean; readonly spf: boolean; readonly origin: boolean }
  /** Proven answers of this domain came from this network, or from this verified host's domain. */
  readonly learnedOrigin: boolean
  /** A heal window is open for this author, and this mail fits it. */
  readonly healing: boolean
}

/** Whether the message answers one of ours. */
export interface ReplyFacts {
  /** Who answers: whom we wrote to, somebody of the same domain, or anybody else. */
  readonly match: 'exact-peer' | 'colleague' | 'other' | 'none'
  /** Of mail from the null sender: what it reports on, or answers, is ours. Undefined where nobody can know. */
  readonly ours: boolean | undefined
  /** When ours was sent, in milliseconds since 1970. */
  readonly sentAt?: number
}

/** The server that connected. */
export interface ClientFacts {
  /** A reverse name that leads back to the address. */
  readonly reverse: 'verified' | 'none' | 'unknown'
  readonly looksDialUp: boolean
  readonly heloIsName: boolean
}

/** What lists in the DNS say; a list that gave no answer is in `failed` and counts for neither side. */
export interface ListFacts {
  readonly hits: readonly {
    readonly list: string
    readonly subject: 'ip' | 'author' | 'envelope'
    readonly weight: 'strong' | 'weak' | 'welcome' | 'warmly-welcome'
    readonly value: string
    /** Where the sender can read about it. */
    readonly url?: string
  }[]
  readonly failed: readonly string[]
}

/** Names that make the author look like somebody else. */
export interface DeceptionFacts {
  readonly findings: readonly {
    readonly kind: 'address-in-name' | 'own-person' | 'partner-person' | 'lookalike'
    readonly evidence: string
  }[]
}

/** What an external scorer says of the content, on the scale of SpamAssassin. */
export type ContentFacts =
  | {
      readonly kind: 'scored'
      readonly scorer: string
      readonly score: number
      /** It contains an address that is known for phishing. */
      readonly phishing: boolean
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly reason: string }

/** Kinds of attachments that can do harm when they are opened, by content and name. */
export const dangerousTypes = [
  'executable',
  'script',
  'shortcut',
  'disk-image',
  'installer',
  'html-application',
  'help-file',
  'java',
  'onenote',
  /** A name that reads as another: `invoice.pdf.html`, or one that turns the reading direction. */
  'disguised-name',
  /** An archive that nobody can look through: too deep, too large, or with members that share bytes. */
  'archive-bomb',
] as const
export type DangerousType = (typeof dangerousTypes)[number]

/** An attachment, or a file in an archive, of a kind that a policy can refuse. */
export interface ForbiddenFile {
  readonly fileName: string
  readonly type: DangerousType
}

/** The facts of which nobody was asked: they count for neither side. */
export const unaskedFacts = {
  history: {
    accepted: 0,
    refused: 0,
    kind: 'ip',
    seen: { signed: false, spf: false, origin: false },
    learnedOrigin: false,
    healing: false,
  },
  reply: { match: 'none', ours: undefined },
  client: { reverse: 'unknown', looksDialUp: false, heloIsName: true },
  lists: { hits: [], failed: [] },
  deception: { findings: [] },
  content: { kind: 'none' },
  forbidden: [],
  isBulk: false,
} as const satisfies Partial<InboundFacts>

/** The formats of end-to-end protection that a message can come in. */
export type ProtectionFormat = 'smime' | 'openpgp'

/**
 * Why something encrypted stays as it came. `no-key`: it names no key of ours; `damaged`: it names one and does not open
 * with it; `unsupported`: no sound format; `too-large`: beyond a bound; `not-alone`: other content stands around it, with
 * which what it hides could be joined (EFAIL).
 */
export type ClosedReason = 'no-key' | 'damaged' | 'unsupported' | 'too-large' | 'not-alone'

/** One layer of protection, the outermost first in a list. */
export type ProtectionLayer =
  | {
      readonly kind: 'encrypted'
      readonly format: ProtectionFormat
      /** Such as `aes-256-cbc`. */
      readonly cipher: string
      /** Whether a change of the ciphertext would have been noticed (GCM, OpenPGP MDC or AEAD; not CBC). */
      readonly isAuthenticated: boolean
      /** Of our key that opened it. */
      readonly fingerprint: string
    }
  | { readonly kind: 'closed'; readonly format: ProtectionFormat; readonly reason: ClosedReason }
  | {
      readonly kind: 'signed'
      readonly format: ProtectionFormat
      /** `valid` only if it is intact, believed, and made by a key of the author. */
      readonly verdict: 'valid' | 'invalid'
      /** A short stable word such as `expired` or `wrong-address`; `valid` for the valid. */
      readonly reason: string
      readonly signer: { readonly fingerprint: string; readonly addresses: readonly string[] } | undefined
      readonly signedAt: Date | undefined
    }

/** What protected a message on its way, and what it was worth. */
export interface ProtectionFacts {
  readonly layers: readonly ProtectionLayer[]
  /** `valid`: every signature around the content is valid and the author's; `invalid`: one is not; there is no fourth. */
  readonly signature: 'valid' | 'invalid' | 'none'
  /** `closed`: something encrypted is left in it, which nobody here could look into. */
  readonly encryption: 'opened' | 'closed' | 'none'
  /** Was decrypted by a cipher that shows no change, and no valid signature inside makes up for it (EFAIL). */
  readonly isMalleable: boolean
}

/** Of a message that came as most do. */
export const noProtection: ProtectionFacts = {
  layers: [],
  signature: 'none',
  encryption: 'none',
  isMalleable: false,
}

/** Everything that the judgement of an inbound message may rest on. */
export interface InboundFacts {
  readonly authentication: AuthenticationFacts
  readonly scan: ScanResult
  /** Everything in the message that is an Office file, a container of some, or an invoice. */
  readonly files: readonly AttachedFile[]
  /** The Office files in `files`, at any depth. */
  readonly office: readonly OfficeAttachment[]
  /** One for each recipient, in the order of the envelope. */
  readonly relations: readonly RelationFacts[]
  readonly ownDomain: boolean
  readonly ambiguities: readonly string[]
  readonly protection: ProtectionFacts
  readonly history: HistoryFacts
  readonly reply: ReplyFacts
  readonly client: ClientFacts
  readonly lists: ListFacts
  readonly deception: DeceptionFacts
  readonly content: ContentFacts
  readonly forbidden: readonly ForbiddenFile[]
  /** It says of itself that it goes to many: List-Id, List-Unsubscribe, Precedence. */
  readonly isBulk: boolean
}
