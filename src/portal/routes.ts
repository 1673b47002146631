import type { PublicCertificates } from '../gateway/calls/portal-calls.ts'
import { certificatesPage } from './certificates-page.ts'
import type { GatewayAnswers } from './gateway-answers.ts'
import { guidePage } from './guide-page.ts'
import type { Visit } from './layout.ts'
import { problemPage } from './problem-page.ts'
import type { ProblemKind } from './texts.ts'
import { webKeyDirectory } from './web-key-directory.ts'

/** Who may use a route. */
export type Access = 'public'

/** What goes back; `attachment` is the name that a download is saved under. */
export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string | Buffer
  readonly attachment?: string
  /** Seconds after which it is worth asking again. */
  readonly retryAfter?: number
  /** How long a browser may keep it, in seconds; without it asks again each time. */
  readonly maxAge?: number
  /** Scripts on pages of others may read it: mail programs in a browser look for keys. */
  readonly forScripts?: true
}

/** What a route is asked: the language of the visitor, and parts of the path where it has them. */
export interface Asked extends Pick<Visit, 'language' | 'languageChosen'> {
  readonly file: string
  readonly domain: string
}

/** One page or file. Only GET and HEAD exist, and they change nothing. */
export interface Route {
  readonly path: string
  readonly access: Access
  readonly answer: (asked: Asked) => Promise<Answer>
}

export interface PortalFiles {
  readonly style: Buffer
  readonly icon: Buffer
}

const retryAfterSeconds = 60

/** Everything that the portal answers. */
export function routes(gateway: GatewayAnswers, files: PortalFiles): readonly Route[] {
  return [
    {
      path: '/',
      access: 'public',
      async answer(asked) {
        const organization = await gateway.organization()
        const visit: Visit = { ...asked, path: '/', organization: organization?.name }
        return page(200, guidePage(visit, organization?.telephone))
      },
    },
    {
      path: '/certificates',
      access: 'public',
      async answer(asked) {
        const organization = await gateway.organization()
        const visit: Visit = { ...asked, path: '/certificates', organization: organization?.name }
        const known = await certificatesOf(gateway)
        if (!known) return away(visit)
        return page(200, certificatesPage(visit, known.certificates, organization?.telephone))
      },
    },
    {
      path: '/certificates/:file',
      access: 'public',
      async answer(asked) {
        const known = await certificatesOf(gateway)
        if (!known) {
          return away({ ...asked, path: '/certificates', organization: (await gateway.organization())?.name })
        }
        return download(known, asked.file) ?? problem(404, 'notFound', asked, gateway)
      },
    },
    ...webKeyDirectory(gateway),
    {
      path: '/health',
      access: 'public',
      answer: async () =>
        (await gateway.isThere())
          ? { status: 200, type: plain, body: 'ok\n' }
          : {
              status: 503,
              type: plain,
              body: 'the gateway does not answer\n',
              retryAfter: retryAfterSeconds,
            },
    },
    {
      path: '/style.css',
      access: 'public',
      answer: async () => ({ status: 200, type: 'text/css; charset=utf-8', body: files.style, maxAge: 3600 }),
    },
    {
      path: '/icon.svg',
      access: 'public',
      answer: async () => ({ status: 200, type: 'image/svg+xml', body: files.icon, maxAge: 3600 }),
    },
  ]
}

/** A page that says what went wrong, with a way back to the guide. */
export async function problem(
  status: number,
  kind: ProblemKind,
  asked: Omit<Asked, 'file' | 'domain'>,
  gateway: GatewayAnswers,
): Promise<Answer> {
  const organization = await gateway.organization()
  return page(status, problemPage({ ...asked, path: '/', organization: organization?.name }, kind))
}

const plain = 'text/plain; charset=utf-8'

function page(status: number, body: string): Answer {
  return { status, type: 'text/html; charset=utf-8', body }
}

function away(visit: Visit): Answer {
  return { ...page(503, problemPage(visit, 'unavailable')), retryAfter: retryAfterSeconds }
}

async function certificatesOf(gateway: GatewayAnswers): Promise<PublicCertificates | undefined> {
  return gateway.certificates().catch(() => undefined) // it has been logged where it was asked
}

/** RFC 2585 4.1 names the types of a single certificate, RFC 8551 3.8 that of a bundle. */
function download({ certificates, bundle }: PublicCertificates, file: string): Answer | undefined {
  if (file === 'all.p7c') {
    return {
      status: 200,
      type: 'application/pkcs7-mime; smime-type=certs-only; name="all.p7c"',
      body: Buffer.from(bundle, 'base64'),
      attachment: 'certificates.p7c',
    }
  }
  const found = certificates.find(({ fingerprint }) => file === `${fingerprint}.cer`)
  if (!found) return undefined
  // Anything odd in an address stays out of the header and of the name of a file.
  const name = (found.addresses[0] ?? found.fingerprint).replaceAll(/[^\w.@-]/g, '_')
  return {
    status: 200,
    type: 'application/pkix-cert',
    body: Buffer.from(found.der, 'base64'),
    attachment: `${name}.cer`,
  }
}
