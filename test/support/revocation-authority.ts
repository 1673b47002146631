import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Certificate } from '../../src/keys/x509/certificate.ts'
import { authority, type MadeCertificate, mailUser, makeCertificate } from './make-certificate.ts'

/** What a host answers; undefined: it stays silent. */
export type Answer =
  | { readonly status?: number; readonly body?: Uint8Array; readonly location?: string }
  | undefined

/** An HTTP host on loopback, known to the DNS of the test as `pki.test`. */
export async function startPki() {
  const seen: string[] = []
  const answers = new Map<string, (body: Buffer) => Answer>()
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const path = request.url ?? ''
      seen.push(path)
      const find = answers.get(path)
      const answer: Answer = find ? find(Buffer.concat(pieces)) : { status: 404 }
      if (!answer) return
      if (answer.location) response.setHeader('location', answer.location)
      response.writeHead(answer.status ?? 200).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    /** Paths that were asked for, in order. */
    seen,
    answers,
    url: (path: string) => `http://pki.test:${port}${path}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An issuer with leaves, whose answers the openssl program writes. */
export function revocationAuthority(folder: string, name: string, places: readonly string[]) {
  const issuer = makeCertificate(folder, { name, extensions: authority })
  const entries: string[] = []
  const index = join(folder, `${name}.index`)
  const config = join(folder, `${name}.ca.cnf`)
  writeFileSync(
    config,
    `[ca]\ndefault_ca=own\n[own]\ndatabase=${index}\ndefault_md=sha256\ncrlnumber=${index}.number\n` +
      '[scoped]\nissuingDistributionPoint=critical,@point\n[point]\nonlyuser=TRUE\n[partial]\nissuingDistributionPoint=critical,@other\n' +
      '[other]\nfullname=URI:http://pki.test/other.crl\n[indirect]\nissuingDistributionPoint=critical,@elsewhere\n[elsewhere]\nindirectCRL=TRUE\n' +
      '[unknown]\n1.2.3.4=critical,DER:0500\n',
  )
  writeFileSync(`${index}.number`, '01\n')
  const writeIndex = () => writeFileSync(index, entries.join(''))
  writeIndex()
  const openssl = (args: readonly string[], input?: Uint8Array) =>
    execFileSync('openssl', args, { input: input ?? '', stdio: ['pipe', 'pipe', 'pipe'] })
  const list = ({ x509 }: Certificate, state: 'valid' | 'revoked') => {
    const [letter, since] = state === 'valid' ? ['V', ''] : ['R', '261101120000Z,keyCompromise']
    entries.push(
      `${letter}\t491231235959Z\t${since}\t${x509.serialNumber}\tunknown\t/CN=${x509.serialNumber}\n`,
    )
    writeIndex()
  }
  return {
    issuer,
    list,
    /** A leaf that the authority knows as valid or revoked, or not at all. */
    leaf(local: string, state: 'valid' | 'revoked' | 'unlisted', extensions: readonly string[] = places) {
      const made = makeCertificate(folder, {
        name: `${name}-${local}`,
        issuer,
        extensions: [...mailUser(`${local}@example.org`), ...extensions],
      })
      if (state !== 'unlisted') list(made.certificate, state)
      return made.certificate
    },
    /** A list for `days`; `extensions` names a section of the configuration. */
    crl(days = 2, extensions?: 'scoped' | 'partial' | 'indirect' | 'unknown', form: 'DER' | 'PEM' = 'DER') {
      const { certificateFile, keyFile } = issuer
      const pem = openssl([
        ...['ca', '-gencrl', '-config', config, '-cert', certificateFile, '-keyfile', keyFile],
        ...['-crldays', `${days}`, ...(extensions ? ['-crlexts', extensions] : [])],
      ])
      return form === 'PEM' ? pem : openssl(['crl', '-outform', 'DER'], pem)
    },
    /** Lets `signer` (the issuer unless told) answer a request for a day. */
    ocsp(request: Uint8Array, signer: MadeCertificate = issuer, more: readonly string[] = []) {
      const file = join(folder, `${name}.response`)
      const requestFile = join(folder, `${name}.request`)
      writeFileSync(requestFile, request)
      openssl([
        ...['ocsp', '-index', index, '-CA', issuer.certificateFile, '-ndays', '1', ...more],
        ...['-rsigner', signer.certificateFile, '-rkey', signer.keyFile],
        ...['-reqin', requestFile, '-respout', file],
      ])
      return readFileSync(file)
    },
  }
}

export type RevocationAuthority = ReturnType<typeof revocationAuthority>
