import { type Html, html, written } from './html.ts'
import type { Language } from './language.ts'
import { texts } from './texts.ts'

/** What a page needs to know of its visitor. */
export interface Visit {
  readonly language: Language
  /** Whether the visitor asked for this language by `?lang=`; then every link keeps it, for there are no cookies. */
  readonly languageChosen: boolean
  /** The page's own path, for the link to the other language. */
  readonly path: '/' | '/certificates'
  /** Our name, if it is known. */
  readonly organization: string | undefined
}

/** A whole page around its content, which brings the only h1. */
export function layout(visit: Visit, title: string, content: Html): string {
  const { language, path, organization } = visit
  const words = texts[language]
  const other = language === 'de' ? 'en' : 'de'
  const tab = (target: Visit['path'], text: string) =>
    path === target
      ? html`<a href="${link(visit, target)}" aria-current="page">${text}</a>`
      : html`<a href="${link(visit, target)}">${text}</a>`
  const page = html`<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${organization === undefined ? title : `${title} – ${organization}`}</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
</head>
<body>
<a class="skip" href="#content">${words.skip}</a>
<header>
${organization === undefined ? undefined : html`<p class="organization"><bdi>${organization}</bdi></p>`}
<nav aria-label="${words.menu}">
${tab('/', words.guideLink)}
${tab('/certificates', words.certificatesLink)}
<a class="language" href="${path}?lang=${other}" lang="${other}" hreflang="${other}">${words.otherLanguage}</a>
</nav>
</header>
<main id="content" tabindex="-1">
<h1>${title}</h1>
${content}
</main>
<footer><p>${words.footer}</p></footer>
</body>
</html>
`
  return written(page)
}

/** The address of one of our pages, in the language that the visitor chose. */
export function link({ languageChosen, language }: Visit, target: Visit['path']): string {
  return languageChosen ? `${target}?lang=${language}` : target
}

/** A telephone number to call by touching it (RFC 3966); the blanks and dashes that people write are for reading only. */
export function telephoneLink(telephone: string): Html {
  return html`<a class="telephone" href="tel:${telephone.replaceAll(/[^\d+]/g, '')}">${telephone}</a>`
}
