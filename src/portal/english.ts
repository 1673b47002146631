import { html } from './html.ts'
import type { Texts } from './texts.ts'

export const english: Texts = {
  skip: 'Skip to content',
  menu: 'Pages',
  guideLink: 'Reading mail',
  certificatesLink: 'Certificates',
  otherLanguage: 'Deutsch',
  footer: 'These pages set no cookies and load nothing from anybody else.',
  guide: {
    title: 'How to read confidential mail from us',
    introduction:
      'We send confidential messages to you encrypted. All you need is your mail program and a PDF reader; there is no ' +
      'account and nothing to sign up for.',
    open: 'Open Message.pdf in four steps',
    steps: [
      {
        title: 'Save it',
        text:
          'Our mail has an attachment, Message.pdf. Save it on your device. The preview of many mail programs cannot ' +
          'show it.',
      },
      {
        title: 'Open it',
        text:
          'Open the saved file with Adobe Acrobat Reader or with Firefox. Other programs often show the text only, and ' +
          'not the files that come with it.',
      },
      {
        title: 'Enter the password',
        text:
          'Enter the password that you agreed on with us. Upper and lower case matter. The program asks for it every ' +
          'time you open the file.',
      },
      {
        title: 'Look at the attached files',
        text:
          'The first page shows our message and a list of the attached files. You find them under the paper clip ' +
          '(“Attachments”) and can save them from there.',
      },
    ],
    notes: [
      'If your PDF reader asks whether it may connect to the Internet, say no.',
      'A printout, and any copy that you save without the password, is no longer protected.',
    ],
    genuine: 'How to tell that a message is from us',
    genuineText: (
      certificatesUrl,
    ) => html`<p>Many of our mails carry an electronic signature (S/MIME). Your mail program
checks it and shows a seal or a tick next to the sender. It means: the message comes from the address shown there, and nobody
changed it on its way.</p>
<ul><li>Some programs, mostly in browsers and on telephones, show an attachment
<span class="file">smime.p7s</span> instead of the seal. That is the signature, and no error.</li>
<li>If your program says that the signature is invalid, open no attachments and call us.</li>
<li>We never ask for your password by mail.</li></ul>
<p>Here are the <a href="${certificatesUrl}">certificates of our staff</a>.</p>`,
    lost: 'Forgot your password?',
    lostText: (telephone) => html`<p>${
      telephone === undefined
        ? html`Call us at the number that you know from our letters.`
        : html`Call us: ${telephone}.`
    } We will agree on a new password with you.</p>
<p>Your password is not stored here; nobody can look it up. Earlier messages open with the earlier password only. If you like, we
send them to you once more under the new one.</p>`,
    questions: 'Any questions?',
    questionsText: (telephone) =>
      telephone === undefined
        ? html`<p>Call us at the number that you know from our letters.</p>`
        : html`<p>We are glad to help on the telephone: ${telephone}.</p>`,
  },
  certificates: {
    title: 'Certificates of our staff',
    introduction: html`With an S/MIME certificate your mail program checks our electronic signature and can encrypt messages
to this person. Save the file and import it into your mail program.`,
    none: 'No certificate is published here at the moment.',
    all: 'Download all certificates (.p7c)',
    allHint: 'One file with all certificates of this page and those of their issuers (PKCS#7).',
    addresses: 'Mail addresses',
    holder: 'Holder',
    issuer: 'Issuer',
    validity: 'Validity',
    validFromTo: (from, to) => html`${from} to ${to}`,
    fingerprint: 'Fingerprint (SHA-256)',
    download: (address) => html`Download certificate (.cer)<span class="hidden"> for ${address}</span>`,
    compare: (telephone) =>
      telephone === undefined
        ? html`If you want to be sure, compare the fingerprint with us on the telephone; you know the number from our
letters.`
        : html`If you want to be sure, compare the fingerprint with us on the telephone: ${telephone}.`,
  },
  problems: {
    badRequest: { title: 'We do not understand this request', text: 'Please check the address of the page.' },
    notFound: { title: 'There is no such page', text: 'The address is misspelt or no longer valid.' },
    notAllowed: {
      title: 'This is not possible here',
      text: 'These pages are for reading and downloading only.',
    },
    unavailable: {
      title: 'Not available right now',
      text: 'We cannot show the certificates at the moment. Please try again in a few minutes.',
    },
    broken: {
      title: 'That did not work',
      text: 'Something went wrong on our side. Please try again later, or call us.',
    },
  },
  back: 'To the guide',
}
