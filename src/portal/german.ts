import { html } from './html.ts'
import type { Texts } from './texts.ts'

/** With U+2011 in “E‑Mail”, so that no line ends behind the E. */
export const german: Texts = {
  skip: 'Zum Inhalt springen',
  menu: 'Seiten',
  guideLink: 'Post lesen',
  certificatesLink: 'Zertifikate',
  otherLanguage: 'English',
  footer: 'Diese Seiten setzen keine Cookies und laden nichts von anderen Anbietern.',
  guide: {
    title: 'So lesen Sie vertrauliche Post von uns',
    introduction:
      'Vertrauliche Nachrichten schicken wir Ihnen verschlüsselt. Sie brauchen dafür Ihr E‑Mail-Programm und ein ' +
      'PDF-Programm, aber kein Konto und keine Anmeldung.',
    open: 'Message.pdf in vier Schritten öffnen',
    steps: [
      {
        title: 'Speichern',
        text:
          'Unsere E‑Mail enthält den Anhang Message.pdf. Speichern Sie ihn auf Ihrem Gerät. Die Vorschau vieler ' +
          'E‑Mail-Programme kann ihn nicht anzeigen.',
      },
      {
        title: 'Öffnen',
        text:
          'Öffnen Sie die gespeicherte Datei mit Adobe Acrobat Reader oder mit Firefox. Andere Programme zeigen oft nur ' +
          'den Text und nicht die Dateien, die dabei liegen.',
      },
      {
        title: 'Kennwort eingeben',
        text:
          'Geben Sie das Kennwort ein, das Sie mit uns vereinbart haben. Groß- und Kleinschreibung zählen. Das Programm ' +
          'fragt bei jedem Öffnen danach.',
      },
      {
        title: 'Beigefügte Dateien ansehen',
        text:
          'Die erste Seite zeigt unsere Nachricht und eine Liste der beigefügten Dateien. Sie finden sie unter der ' +
          'Büroklammer („Anlagen“) und können sie von dort speichern.',
      },
    ],
    notes: [
      'Fragt Ihr PDF-Programm, ob es eine Verbindung zum Internet aufbauen darf, verneinen Sie.',
      'Ein Ausdruck und jede Kopie, die Sie ohne Kennwort speichern, sind nicht mehr geschützt.',
    ],
    genuine: 'Woran Sie erkennen, dass eine Nachricht von uns kommt',
    genuineText: (
      certificatesUrl,
    ) => html`<p>Viele unserer E‑Mails tragen eine elektronische Unterschrift (S/MIME). Ihr
E‑Mail-Programm prüft sie und zeigt ein Siegel oder ein Häkchen beim Absender. Das bedeutet: Die Nachricht kommt von der
Adresse, die dort steht, und wurde unterwegs nicht verändert.</p>
<ul><li>Manche Programme, vor allem im Browser und auf dem Telefon, zeigen statt des Siegels nur einen Anhang
<span class="file">smime.p7s</span>. Das ist die Unterschrift und kein Fehler.</li>
<li>Meldet Ihr Programm, die Unterschrift sei ungültig, öffnen Sie keine Anhänge und rufen Sie uns an.</li>
<li>Wir fragen Sie nie per E‑Mail nach Ihrem Kennwort.</li></ul>
<p>Hier finden Sie die <a href="${certificatesUrl}">Zertifikate unserer Mitarbeiterinnen und Mitarbeiter</a>.</p>`,
    lost: 'Kennwort vergessen?',
    lostText: (telephone) => html`<p>${
      telephone === undefined
        ? html`Rufen Sie uns unter der Nummer an, die Sie aus unseren Briefen kennen.`
        : html`Rufen Sie uns an: ${telephone}.`
    } Wir vereinbaren mit Ihnen ein neues Kennwort.</p>
<p>Ihr Kennwort ist bei uns nicht gespeichert; niemand kann es nachsehen. Frühere Nachrichten lassen sich nur mit dem früheren
Kennwort öffnen. Auf Wunsch schicken wir sie Ihnen unter dem neuen Kennwort noch einmal.</p>`,
    questions: 'Noch Fragen?',
    questionsText: (telephone) =>
      telephone === undefined
        ? html`<p>Rufen Sie uns unter der Nummer an, die Sie aus unseren Briefen kennen.</p>`
        : html`<p>Wir helfen gern am Telefon: ${telephone}.</p>`,
  },
  certificates: {
    title: 'Zertifikate unserer Mitarbeiterinnen und Mitarbeiter',
    introduction: html`Mit einem S/MIME-Zertifikat prüft Ihr E‑Mail-Programm unsere elektronische Unterschrift und kann
Nachrichten an diese Person verschlüsseln. Speichern Sie die Datei und importieren Sie sie in Ihr E‑Mail-Programm.`,
    none: 'Zurzeit ist hier kein Zertifikat veröffentlicht.',
    all: 'Alle Zertifikate herunterladen (.p7c)',
    allHint: 'Eine Datei mit allen Zertifikaten dieser Seite und denen ihrer Aussteller (PKCS#7).',
    addresses: 'E‑Mail-Adressen',
    holder: 'Inhaber',
    issuer: 'Aussteller',
    validity: 'Gültigkeit',
    validFromTo: (from, to) => html`${from} bis ${to}`,
    fingerprint: 'Fingerabdruck (SHA-256)',
    download: (address) => html`Zertifikat herunterladen (.cer)<span class="hidden"> für ${address}</span>`,
    compare: (telephone) =>
      telephone === undefined
        ? html`Wenn Sie sichergehen möchten, vergleichen Sie den Fingerabdruck am Telefon mit uns; die Nummer kennen Sie
aus unseren Briefen.`
        : html`Wenn Sie sichergehen möchten, vergleichen Sie den Fingerabdruck am Telefon mit uns: ${telephone}.`,
  },
  problems: {
    badRequest: {
      title: 'Diese Anfrage verstehen wir nicht',
      text: 'Bitte prüfen Sie die Adresse der Seite.',
    },
    notFound: {
      title: 'Diese Seite gibt es nicht',
      text: 'Die Adresse ist falsch geschrieben oder nicht mehr gültig.',
    },
    notAllowed: {
      title: 'Das ist hier nicht möglich',
      text: 'Diese Seiten sind nur zum Lesen und Herunterladen da.',
    },
    unavailable: {
      title: 'Zurzeit nicht verfügbar',
      text: 'Die Zertifikate können wir gerade nicht anzeigen. Bitte versuchen Sie es in einigen Minuten noch einmal.',
    },
    broken: {
      title: 'Das hat nicht geklappt',
      text: 'Bei uns ist ein Fehler aufgetreten. Bitte versuchen Sie es später noch einmal oder rufen Sie uns an.',
    },
  },
  back: 'Zur Anleitung',
}
