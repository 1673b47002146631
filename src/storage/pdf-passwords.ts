/**
 * What is kept of a recipient's PDF password: enough to encrypt further mail, never the password
 * (ISO 32000-2, 7.6.4.3.4: algorithm 8 with fixed salts). All of it is sealed at rest.
 */
export interface PdfPassword {
  /** 48 bytes: hash, validation salt, key salt. */
  readonly u: Uint8Array
  /** 32 bytes: algorithm 2.B over password and key salt; wraps the file key of each container. */
  readonly wrapKey: Uint8Array
}

export interface PdfPasswords {
  set(recipient: string, password: PdfPassword, at: Date): Promise<void>
  find(recipient: string): Promise<PdfPassword | undefined>
  remove(recipient: string): Promise<boolean>
  list(): Promise<readonly { readonly recipient: string; readonly setAt: Date }[]>
}
