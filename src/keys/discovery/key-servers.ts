import type { KeySource } from './discovered-key.ts'
import { type Fetch, readAnswer } from './web-key-directory.ts'

/** A verifying key server: it gives out user ids only after a mail to their address was answered. */
export function verifyingKeyServer(host: string, fetch: Fetch): KeySource {
  const name = `vks ${host}`
  return {
    name,
    async ask(asked, signal) {
      const url = `https://${host}/vks/v1/by-email/${encodeURIComponent(asked.address)}`
      return readAnswer(await fetch(url, signal), asked, name)
    },
  }
}

/**
 * A key server that takes keys from anybody for any address (draft-gallagher-openpgp-hkp): what it gives is believed
 * no more than what came in a mail.
 */
export function hkpServer(host: string, fetch: Fetch): KeySource {
  const name = `hkp ${host}`
  return {
    name,
    async ask(asked, signal) {
      const search = encodeURIComponent(asked.address)
      const url = `https://${host}/pks/lookup?op=get&options=mr&exact=on&search=${search}`
      return readAnswer(await fetch(url, signal), asked, name, 'harvested')
    },
  }
}
