import { html } from './html.ts'
import { layout, link, type Visit } from './layout.ts'
import { type ProblemKind, texts } from './texts.ts'

/** What a visitor sees instead of a page; never says what exactly failed. */
export function problemPage(visit: Visit, kind: ProblemKind): string {
  const words = texts[visit.language]
  const { title, text } = words.problems[kind]
  return layout(
    visit,
    title,
    html`<p class="introduction">${text}</p><p><a href="${link(visit, '/')}">${words.back}</a></p>`,
  )
}
