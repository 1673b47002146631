import { english } from './english.ts'
import { german } from './german.ts'
import type { Html } from './html.ts'
import type { Language } from './language.ts'

/** Every text of the portal. A language that lacks one does not compile; no text is put together from pieces. */
export interface Texts {
  readonly skip: string
  readonly menu: string
  readonly guideLink: string
  readonly certificatesLink: string
  /** The name of the other language, in that language. */
  readonly otherLanguage: string
  readonly footer: string
  readonly guide: {
    readonly title: string
    readonly introduction: string
    readonly open: string
    readonly steps: readonly [Step, Step, Step, Step]
    readonly notes: readonly string[]
    readonly genuine: string
    readonly genuineText: (certificatesUrl: string) => Html
    readonly lost: string
    /** `telephone` is a link, or undefined while we do not know the number. */
    readonly lostText: (telephone: Html | undefined) => Html
    readonly questions: string
    readonly questionsText: (telephone: Html | undefined) => Html
  }
  readonly certificates: {
    readonly title: string
    readonly introduction: Html
    readonly none: string
    readonly all: string
    readonly allHint: string
    readonly addresses: string
    readonly holder: string
    readonly issuer: string
    readonly validity: string
    readonly validFromTo: (from: Html, to: Html) => Html
    readonly fingerprint: string
    readonly download: (address: Html) => Html
    readonly compare: (telephone: Html | undefined) => Html
  }
  readonly problems: Readonly<Record<ProblemKind, { readonly title: string; readonly text: string }>>
  readonly back: string
}

export interface Step {
  readonly title: string
  readonly text: string
}

export type ProblemKind = 'badRequest' | 'notFound' | 'notAllowed' | 'unavailable' | 'broken'

export const texts: Readonly<Record<Language, Texts>> = { de: german, en: english }
