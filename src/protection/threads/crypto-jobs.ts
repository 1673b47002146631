import { openInlinePart } from '../openpgp/open-inline-part.ts'
import { openMessage } from '../openpgp/open-message.ts'
import { signAndEncrypt } from '../openpgp/sign-and-encrypt.ts'
import { verifyDetached } from '../openpgp/verify-detached.ts'
import { encryptEntity } from '../smime/encrypt.ts'
import { openEnvelope } from '../smime/open-enveloped.ts'
import { signEntity } from '../smime/sign.ts'
import { verifySignedData } from '../smime/verify-signed.ts'
import type { Jobs } from './serve-jobs.ts'

/** On node:crypto: quick for a small message. */
export const smimeJobs = { signEntity, encryptEntity, openEnvelope, verifySignedData } satisfies Jobs

/** In JavaScript: some of it takes its time whatever the size, and loading it too. */
export const openPgpJobs = {
  signAndEncryptOpenPgp: signAndEncrypt,
  openOpenPgp: openMessage,
  verifyOpenPgp: verifyDetached,
  openInlinePart,
} satisfies Jobs

export const cryptoJobs = { ...smimeJobs, ...openPgpJobs }

export type CryptoJobs = typeof cryptoJobs
