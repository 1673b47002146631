import type { PublicOpenPgpKey } from '../gateway/calls/portal-calls.ts'
import type { GatewayAnswers } from './gateway-answers.ts'
import type { Answer, Route } from './routes.ts'

const hour = 3600

/**
 * Our OpenPGP keys for programs that look for them (draft-koch-openpgp-webkey-service, 3.1), by both methods. Where the
 * path names no domain, keys of all our domains under this name are given: each names its address, and programs take theirs.
 */
export function webKeyDirectory(gateway: Pick<GatewayAnswers, 'openPgpKeys'>): readonly Route[] {
  const answering = async (
    fits: (entry: PublicOpenPgpKey) => boolean,
    answer: (keys: readonly PublicOpenPgpKey[]) => Answer,
  ): Promise<Answer> => {
    const known = await gateway.openPgpKeys().catch(() => undefined) // it has been logged where it was asked
    if (!known) return { ...text(503, 'the gateway does not answer\n'), retryAfter: 60 }
    const keys = known.filter(fits)
    return keys.length > 0 ? answer(keys) : text(404, 'no such key\n')
  }
  const folder = '/.well-known/openpgpkey'
  const access = 'public'
  return [
    {
      path: `${folder}/policy`,
      access,
      answer: () =>
        answering(
          () => true,
          () => policy,
        ),
    },
    {
      path: `${folder}/hu/:file`,
      access,
      answer: ({ file }) => answering(({ hash }) => hash === file, keyFile),
    },
    {
      path: `${folder}/:domain/policy`,
      access,
      answer: (asked) =>
        answering(
          ({ domain }) => domain === asked.domain.toLowerCase(),
          () => policy,
        ),
    },
    {
      path: `${folder}/:domain/hu/:file`,
      access,
      answer: (asked) =>
        answering(
          ({ domain, hash }) => domain === asked.domain.toLowerCase() && hash === asked.file,
          keyFile,
        ),
    },
  ]
}

function keyFile(keys: readonly PublicOpenPgpKey[]): Answer {
  return {
    status: 200,
    type: 'application/octet-stream',
    body: Buffer.concat(keys.map(({ key }) => Buffer.from(key, 'base64'))),
    maxAge: hour,
    forScripts: true,
  }
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body, forScripts: true }
}

/** Draft, 4.5: the file is there, also where it says nothing. */
const policy: Answer = text(200, '')
