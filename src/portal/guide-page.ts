import { type Html, html } from './html.ts'
import { layout, link, telephoneLink, type Visit } from './layout.ts'
import { attachmentsPicture, openPicture, passwordPicture, savePicture, sealPicture } from './pictures.ts'
import { texts } from './texts.ts'

/** How to read our protected mail: a short guide for people who have never seen one. */
export function guidePage(visit: Visit, telephone: string | undefined): string {
  const { guide } = texts[visit.language]
  const call: Html | undefined = telephone === undefined ? undefined : telephoneLink(telephone)
  const pictures = [savePicture, openPicture, passwordPicture, attachmentsPicture]
  return layout(
    visit,
    guide.title,
    html`<p class="introduction">${guide.introduction}</p>
<section aria-labelledby="open">
<h2 id="open">${guide.open}</h2>
<ol class="steps">
${guide.steps.map(
  ({ title, text }, index) => html`<li>${pictures[index]}<div><h3>${title}</h3><p>${text}</p></div></li>
`,
)}</ol>
<ul class="notes">${guide.notes.map((note) => html`<li>${note}</li>`)}</ul>
</section>
<section aria-labelledby="genuine">
<h2 id="genuine">${guide.genuine}</h2>
<div class="beside">${sealPicture}<div>${guide.genuineText(link(visit, '/certificates'))}</div></div>
</section>
<section aria-labelledby="lost">
<h2 id="lost">${guide.lost}</h2>
${guide.lostText(call)}
</section>
<section aria-labelledby="questions">
<h2 id="questions">${guide.questions}</h2>
${guide.questionsText(call)}
</section>`,
  )
}
