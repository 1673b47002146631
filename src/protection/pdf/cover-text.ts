/** The text of the mail that carries a container: who, what, how to open it, whom to call; German, then English. */
export function coverText({
  name,
  telephone,
}: {
  readonly name: string
  readonly telephone: string
}): string {
  return [
    `Guten Tag,`,
    ``,
    `${name} schreibt Ihnen vertraulich. Die Nachricht und ihre Anlagen stehen in der`,
    `verschlüsselten Datei „Message.pdf“.`,
    ``,
    `So öffnen Sie sie: Speichern Sie die Datei und öffnen Sie sie mit Adobe Acrobat Reader.`,
    `Geben Sie das Passwort ein, das Sie mit uns vereinbart haben. Anlagen finden Sie unter`,
    `der Büroklammer. Fragt Ihr Programm, ob es eine Verbindung aufbauen darf, verneinen Sie.`,
    `Niemand kann ein verlorenes Passwort wiederherstellen, auch wir nicht; rufen Sie uns dann`,
    `bitte an: ${telephone}`,
    ``,
    `-- `,
    ``,
    `${name} has sent you a confidential message. It is in the encrypted file`,
    `"Message.pdf", together with its attachments. Save the file, open it with Adobe Acrobat`,
    `Reader and type the password that you agreed with us. Attachments are behind the paper`,
    `clip. If your program asks to connect to somewhere, decline. A lost password cannot be`,
    `recovered by anybody, us included; please call ${telephone} in that case.`,
    ``,
  ].join('\r\n')
}
