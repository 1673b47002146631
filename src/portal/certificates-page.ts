import type { PublicCertificate } from '../gateway/calls/portal-calls.ts'
import { type Html, html } from './html.ts'
import type { Language } from './language.ts'
import { layout, telephoneLink, type Visit } from './layout.ts'
import { texts } from './texts.ts'

/** The certificates of our staff, each with what it takes to compare and to download it. */
export function certificatesPage(
  visit: Visit,
  certificates: readonly PublicCertificate[],
  telephone: string | undefined,
): string {
  const words = texts[visit.language].certificates
  if (certificates.length === 0)
    return layout(visit, words.title, html`<p class="introduction">${words.none}</p>`)
  const call = telephone === undefined ? undefined : telephoneLink(telephone)
  return layout(
    visit,
    words.title,
    html`<p class="introduction">${words.introduction}</p>
<p>${words.compare(call)}</p>
<p><a class="button" href="/certificates/all.p7c" download>${words.all}</a><br><small>${words.allHint}</small></p>
${certificates.map((certificate) => shown(certificate, visit.language))}`,
  )
}

function shown(certificate: PublicCertificate, language: Language): Html {
  const words = texts[language].certificates
  const { fingerprint, addresses, subject, issuer, notBefore, notAfter } = certificate
  const id = `certificate-${fingerprint}`
  // bdi: a name with letters that run from right to left must not turn what stands around it.
  const [first, ...more] = addresses.map((address) => html`<bdi>${address}</bdi>`)
  return html`<article aria-labelledby="${id}">
<h2 id="${id}">${first}</h2>
<dl>
${more.length === 0 ? undefined : html`<dt>${words.addresses}</dt>${more.map((address) => html`<dd>${address}</dd>`)}`}
<dt>${words.holder}</dt><dd><bdi>${subject}</bdi></dd>
<dt>${words.issuer}</dt><dd><bdi>${issuer}</bdi></dd>
<dt>${words.validity}</dt><dd>${words.validFromTo(day(notBefore, language), day(notAfter, language))}</dd>
<dt>${words.fingerprint}</dt><dd class="fingerprint">${inGroups(fingerprint)}</dd>
</dl>
<p><a class="button" href="/certificates/${fingerprint}.cer" download>${words.download(first ?? html``)}</a></p>
</article>
`
}

function day(iso: string, language: Language): Html {
  const format = new Intl.DateTimeFormat(language === 'de' ? 'de-DE' : 'en-GB', {
    dateStyle: 'long',
    timeZone: 'Europe/Berlin',
  })
  return html`<time datetime="${iso}">${format.format(new Date(iso))}</time>`
}

/** Four digits at a time: that is how people read it to each other. */
function inGroups(fingerprint: string): string {
  return fingerprint.toUpperCase().replaceAll(/(.{4})(?=.)/g, '$1 ')
}
