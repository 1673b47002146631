import { startControlServer } from '../../src/gateway/calls/control-server.ts'
import { portalCalls } from '../../src/gateway/calls/portal-calls.ts'
import { portalHandlers } from '../../src/gateway/calls/portal-handlers.ts'
import { authority, type MadeCertificate, mailUser, makeCertificate } from './make-certificate.ts'
import { storedCertificate } from './stored-key.ts'

/** A name in a certificate that would run in the browser of whoever looks at it, if it were let through. */
export const hostileName = '<script>alert(1)<\\/script>" onmouseover="alert(2)'

/** The gateway's side of portal.sock in `folder`: two of our staff, one of them with a hostile name, and a root. */
export async function startPortalGateway(folder: string) {
  const root = makeCertificate(folder, { name: 'root', extensions: authority })
  const anna = makeCertificate(folder, {
    name: 'anna',
    issuer: root,
    extensions: mailUser('anna.weber@kanzlei-muster.example'),
  })
  const hostile = makeCertificate(folder, {
    name: 'hostile',
    issuer: root,
    subject: `/O=Test/CN=${hostileName}`,
    extensions: mailUser('jonas.kurz-von-der-langen-wiese@kanzlei-muster.example'),
  })
  const path = `${folder}/portal.sock`
  const start = () =>
    startControlServer({
      path,
      calls: portalCalls,
      handlers: portalHandlers({
        organization: {
          name: 'Muster & Söhne "Steuern"',
          telephone: '+49 30 5550100',
          domains: ['kanzlei-muster.example'],
        },
        keyStore: { list: async () => [anna, hostile].map((made) => stored(made, root)) },
        now: () => new Date(),
      }),
      onError: (error) => {
        throw error
      },
    })
  return { path, root, anna, hostile, start }
}

const stored = ({ certificate }: MadeCertificate, issuer: MadeCertificate) =>
  storedCertificate(certificate, { hasPrivateKey: true, chain: [issuer.certificate.pem] })
