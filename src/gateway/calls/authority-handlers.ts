import type { Settings } from '../../config/settings.ts'
import { importOpenPgpKeys } from '../../keys/import/import-openpgp.ts'
import { generateOpenPgpKey, revokeOpenPgpKey } from '../../keys/openpgp/openpgp-own.ts'
import { publicOpenPgpKey } from '../../keys/openpgp/openpgp-public.ts'
import { createKeyRequest } from '../../keys/own-authority/key-request.ts'
import {
  authorityInForce,
  createAuthority,
  currentCrl,
  issueCertificate,
} from '../../keys/own-authority/own-authority.ts'
import { canonicalAddress } from '../../keys/x509/certificate.ts'
import type { Log } from '../../log/events.ts'
import type { Storage } from '../../storage/open-storage.ts'
import type { OwnAuthority } from '../../storage/own-authorities.ts'
import type { AuthorityAnswers, authorityCalls } from './authority-calls.ts'
import { type CallHandlers, ControlRefusal } from './control-server.ts'
import { shown, theKey } from './key-handlers.ts'

export interface AuthorityParts {
  readonly settings: { readonly organization: Pick<Settings['organization'], 'domains'> }
  readonly storage: Pick<Storage, 'ownAuthorities' | 'keyRequests' | 'keyStore'>
  /** Called when there is a new authority: from then on it is trusted here. */
  readonly trustOwnAuthorities: () => Promise<void>
  readonly log: Log
  readonly now: () => Date
}

/** What an administrator does with our own authority, and with keys that are made here. */
export function authorityHandlers(
  parts: AuthorityParts,
): CallHandlers<typeof authorityCalls, AuthorityAnswers> {
  const { storage, now } = parts
  const { ownAuthorities, keyStore, keyRequests } = storage
  const changed = (act: string, fingerprint: string) =>
    parts.log({ event: 'key-changed', act, kind: 'smime', fingerprint })

  async function inForce(): Promise<OwnAuthority> {
    const authority = authorityInForce(await ownAuthorities.list(), now())
    if (!authority)
      throw new ControlRefusal('There is no authority of our own: make one by `postsiegel ca create NAME`.')
    return authority
  }

  return {
    async 'ca-create'({ name }) {
      const { authority, privateKey } = await createAuthority(name, now())
      await ownAuthorities.add(authority, privateKey)
      await parts.trustOwnAuthorities()
      changed('ca-create', authority.fingerprint)
      return authority
    },
    'ca-show': () => inForce(),
    async 'ca-issue'(person) {
      const { address, name } = ourPerson(person, parts)
      const authority = await inForce()
      const privateKey = await ownAuthorities.privateKeyOf(authority.fingerprint)
      if (privateKey === undefined) throw new ControlRefusal('The private key of our authority is gone.')
      const signer = { certificate: authority.certificate, privateKey }
      const { issued, imported } = await issueCertificate(signer, { address, name }, now())
      // In this order: what can be used must be known to the authority, or it could not be revoked.
      await ownAuthorities.addIssued(issued)
      await keyStore.add(imported.key, imported.privateKey)
      changed('ca-issue', issued.fingerprint)
      return issued
    },
    async 'ca-list'() {
      const { fingerprint } = await inForce()
      return ownAuthorities.issuedBy(fingerprint)
    },
    async 'ca-revoke'({ fingerprint }) {
      const revokedAt = now()
      if (!(await ownAuthorities.revoke(fingerprint, revokedAt)))
        throw new ControlRefusal(`${fingerprint} was not issued here, or is revoked already.`)
      // Mail that was encrypted to it still arrives: the key stays for that.
      await keyStore.change(fingerprint, 'active', 'retired')
      changed('ca-revoke', fingerprint)
      return { revokedAt }
    },
    async 'ca-crl'() {
      return { list: await currentCrl(ownAuthorities, await inForce(), now()) }
    },
    async 'key-request'(person) {
      const { request, privateKey } = await createKeyRequest(ourPerson(person, parts), now())
      await keyRequests.add(request, privateKey)
      return { request: request.request }
    },
    async 'key-request-list'() {
      return (await keyRequests.list()).map(({ publicKey, address, createdAt }) => ({
        publicKey,
        address,
        createdAt,
      }))
    },
    async 'key-request-withdraw'({ address }) {
      const canonical = canonicalAddress(address)
      const theirs = (await keyRequests.list()).filter((request) => request.address === canonical)
      if (theirs.length === 0) throw new ControlRefusal(`No request of ${address} waits for a certificate.`)
      for (const { publicKey } of theirs) await keyRequests.remove(publicKey)
      return { withdrawn: theirs.length }
    },
    async 'key-generate'(person) {
      const { address } = ourPerson(person, parts)
      const made = await generateOpenPgpKey({ address, name: person.name ?? '' }, now())
      const options = { source: 'generated', trust: 'manual', at: now() } as const
      const [imported] = await importOpenPgpKeys(Buffer.from(made.armored), options)
      if (!imported) throw new Error('a new key that cannot be read')
      await keyStore.add(imported.key, imported.privateKey)
      const { fingerprint } = imported.key
      parts.log({ event: 'key-changed', act: 'generate', kind: 'openpgp', fingerprint })
      return shown(imported.key)
    },
    async 'key-revoke'({ key, reason }) {
      const found = await theKey(key, keyStore)
      const { fingerprint, state } = found
      if (found.kind !== 'openpgp')
        throw new ControlRefusal(
          'A certificate is revoked by its authority: ours does so by `postsiegel ca revoke`.',
        )
      const privateKey = await keyStore.privateKeyOf(fingerprint)
      if (privateKey === undefined)
        throw new ControlRefusal(
          `The private key of ${fingerprint} is not here: only its owner can revoke it.`,
        )
      const revoked = await revokeOpenPgpKey(privateKey, reason, now())
      const { armored } = await publicOpenPgpKey(revoked.armored, now())
      await keyStore.add({ ...found, material: armored }, revoked.armored)
      // Mail that was encrypted to it still arrives: the key stays for that.
      await keyStore.change(fingerprint, state, 'retired')
      parts.log({ event: 'key-changed', act: 'revoke', kind: 'openpgp', fingerprint })
      return shown({ ...found, state: 'retired' })
    },
  }
}

/** The private key will be here, so it has to be somebody of ours. */
function ourPerson(
  { address, name }: { readonly address: string; readonly name?: string | undefined },
  { settings }: AuthorityParts,
) {
  const canonical = canonicalAddress(address)
  const domain = canonical?.slice(canonical.lastIndexOf('@') + 1)
  if (canonical === undefined || !settings.organization.domains.some((own) => own === domain))
    throw new ControlRefusal(
      `${address} is not at one of our domains (${settings.organization.domains.join(', ')}).`,
    )
  return { address: canonical, name: name ?? canonical }
}
