import { describe, expect, test } from 'vitest'
import { anna, ownDomain } from '../../src/demonstration/people.ts'
import { mimeLimits } from '../../src/message/mime-limits.ts'
import { noSite, siteForTests } from '../support/site-for-tests.ts'
import { letterFrom, senderOf, sendFrom } from '../support/site-mail.ts'

const from = 'From: <info@anfrage-sued.example>\r\n'
const text = '\r\nGuten Tag.\r\n'

/** Multiparts in each other, `depth` deep. */
function nested(depth: number): string {
  let inner = 'Content-Type: text/plain\r\n\r\nganz innen\r\n'
  for (let level = depth; level > 0; level -= 1) {
    inner = `Content-Type: multipart/mixed; boundary="b${level}"\r\n\r\n--b${level}\r\n${inner}\r\n--b${level}--\r\n`
  }
  return `${from}MIME-Version: 1.0\r\n${inner}`
}

function siblings(count: number): string {
  const head = `${from}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n`
  return `${head}${'--b\r\n\r\nx\r\n'.repeat(count)}--b--\r\n`
}

const fields = (count: number, length: number) => `X-Field: ${'x'.repeat(length)}\r\n`.repeat(count)
const messageBytes = 1024 * 1024

describe.skipIf(noSite)(`hostile messages through a real Postfix${noSite ? ` (${noSite})` : ''}`, () => {
  const site = siteForTests({ settings: { limits: { messageBytes } } })
  const deliver = (message: string | Uint8Array, recipients?: readonly string[]) =>
    sendFrom(site(), senderOf(site()), message, recipients)

  /** Refused with a reason, never deferred for ever and never taken. */
  for (const [what, message] of [
    ['with parts nested too deep', nested(mimeLimits.depth + 5)],
    ['with too many parts', siblings(mimeLimits.parts + 5)],
    ['with too many fields', `${from}${fields(mimeLimits.headerFields + 5, 10)}${text}`],
    ['with too large a header', `${from}${fields(400, 900)}${text}`],
    [
      'above three times the limit in the settings',
      `${from}${text}${'x'.repeat(78).concat('\r\n').repeat(48_000)}`,
    ],
    ['whose From names nobody', `From: niemand:;\r\n${text}`],
    ['with two authors', `${from}From: <anna.weber@${ownDomain}>\r\n${text}`],
  ] as const) {
    test(`a message ${what} is refused for good, with a reason`, async () => {
      const { code, text: reply } = await deliver(message)
      expect(reply).toMatch(/^5\d\d[ -]5\.\d+\.\d+ \S/)
      expect(reply).toMatch(/Ref\. [A-Z\d-]+ Code \d+/)
      expect(code).toBeGreaterThanOrEqual(500)
    })
  }

  /** What is only ugly gets a clear answer of either kind; nothing breaks inside. */
  for (const [what, message] of [
    ['NUL and 8-bit characters in fields', `${from}Subject: \0 \xff\xfe\r\nX-\xe4: \x01\x7f\r\n${text}`],
    ['bare carriage returns and line feeds', `${from}Subject: a\rb\r\n\r\nx\ry\nz\n.\n\r\n`],
    ['no body at all', `${from}Subject: x\r\n`],
    ['nothing but a line end', '\r\n'],
    ['a boundary that never comes', `${from}Content-Type: multipart/mixed; boundary=nie\r\n${text}`],
    ['parameters that are nonsense', `${from}Content-Type: ;;;=;="\r\nContent-Disposition: \xfc"\r\n${text}`],
    ['base64 that is none', `${from}Content-Transfer-Encoding: base64\r\n\r\n!!!!====\0\xff\r\n`],
    ['one line of 500,000 characters', `${from}\r\n${'x'.repeat(500_000)}\r\n`],
  ] as const) {
    test(`a message with ${what} is taken or refused, not stumbled over`, async () => {
      const { text: reply } = await deliver(Buffer.from(message, 'latin1'))
      expect(reply).toMatch(/^(250 |5\d\d)/)
    })
  }

  test('a message to 1,000 recipients is judged once and arrives at each', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => `person${index}@${ownDomain}`)
    const message = await letterFrom(senderOf(site()), { text: 'an alle' })
    expect((await deliver(message, many)).text).toMatch(/^250 /)
    const reached = () =>
      new Set(
        site()
          .received()
          .filter(({ content }) => content.includes('an alle'))
          .map(({ recipient }) => recipient),
      ).size
    await expect.poll(reached, { timeout: 90_000, interval: 300 }).toBe(1000)
    const judged = site()
      .events()
      .filter(
        ({ event, recipients }) =>
          event === 'decided' && Array.isArray(recipients) && recipients.length === 1000,
      )
    expect(judged).toHaveLength(1)
  })

  test('the gateway is unmoved: no error of its own, and ordinary mail is taken', async () => {
    expect(site().ended()).toBeUndefined()
    const internal = site()
      .events()
      .filter((event) => JSON.stringify(event).includes('Internal error'))
    expect(internal).toEqual([])
    expect((await deliver(await letterFrom(senderOf(site()), {}), [anna])).text).toMatch(/^250 /)
  })
})
