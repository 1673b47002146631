import nodemailer from 'nodemailer'
import { parseListenAddress } from '../listen-address.ts'

export interface NoticeHouse {
  /** `inet:HOST:PORT` of Postfix's listener for our own mail, or a socket path. */
  readonly listener: string
  readonly organization: { readonly name: string; readonly domain: string }
}

const smtpLimitMs = 60_000

/** The way to Postfix for mail that the gateway writes itself. Whoever opened it closes it. */
export function openTransport({ listener, organization }: NoticeHouse) {
  const where = parseListenAddress(listener)
  return nodemailer.createTransport({
    ...(where.kind === 'tcp'
      ? { host: where.host, port: where.port }
      : { socketPath: where.path, host: 'localhost' }),
    name: organization.domain,
    secure: false,
    ignoreTLS: true,
    connectionTimeout: smtpLimitMs,
    greetingTimeout: smtpLimitMs,
    socketTimeout: smtpLimitMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}
