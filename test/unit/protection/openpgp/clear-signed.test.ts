import fc from 'fast-check'
import * as openpgp from 'openpgp'
import { describe, expect, it, test } from 'vitest'
import { isClearSigned, verifyClearSigned } from '../../../../src/protection/openpgp/clear-signed.ts'
import { armoredKey } from '../../../support/openpgp-judges.ts'
import { signedOn } from '../../../support/openpgp-messages.ts'

const signed = await openpgp.sign({
  message: await openpgp.createCleartextMessage({ text: 'Bitte zahlen:\n- 100 EUR  \n\n-- \nCarol' }),
  signingKeys: await openpgp.readPrivateKey({ armoredKey: armoredKey('carol-rsa3072', 'sec') }),
  date: signedOn,
})
const text = 'Bitte zahlen:\r\n- 100 EUR\r\n\r\n--\r\nCarol'
const verified = async (message: string) => {
  const read = await verifyClearSigned(Buffer.from(message), [armoredKey('carol-rsa3072', 'pub')], signedOn)
  return (
    read && {
      text: Buffer.from(read.text).toString(),
      other: read.hasOtherText,
      problems: read.signatures.map(({ problem }) => problem),
    }
  )
}

describe('a clear-signed text', () => {
  for (const [what, message, expected] of [
    ['is read', signed, { text, other: false, problems: [undefined] }],
    ['is read with CRLF', signed.replaceAll(/\r?\n/g, '\r\n'), { text, other: false, problems: [undefined] }],
    [
      'with text around it does not cover that',
      `Hi\n${signed}\nPS: sofort`,
      { text, other: true, problems: [undefined] },
    ],
    [
      'that was changed is not good',
      signed.replace('100 EUR', '1000 EUR'),
      { text: text.replace('100', '1000'), other: false, problems: ['altered'] },
    ],
    // gpg.fail: programs that take such a line for a header or for a blank line show another text than they verify.
    [
      'with a form feed for the blank line is none',
      signed.replace(/(Hash: .*\r?\n)\r?\n/, '$1\f\n'),
      undefined,
    ],
    [
      'with text among its headers is none',
      signed.replace(/(Hash: .*)/, '$1\nBitte 1000 EUR zahlen!'),
      undefined,
    ],
    ['with other headers is none', signed.replace(/(Hash: .*)/, '$1\nComment: 1000 EUR'), undefined],
    ['with a NUL in its header is none', signed.replace(/(Hash: .*)/, '$1\0'), undefined],
    [
      'with a line of dashes that is not escaped is none',
      signed.replace('- - 100', '-----BEGIN PGP X-----\n- - 100'),
      undefined,
    ],
    [
      'with a second text inside is none',
      signed.replace('Carol', '-----BEGIN PGP SIGNED MESSAGE-----'),
      undefined,
    ],
    ['without an end is none', signed.replace('-----END PGP SIGNATURE-----', ''), undefined],
    ['that is only mentioned is none', 'I write -----BEGIN PGP SIGNED MESSAGE-----', undefined],
  ] as const) {
    it(what, async () => {
      expect(await verified(message)).toEqual(expected)
    })
  }

  it('is known by its first line', () => {
    expect(isClearSigned(Buffer.from(signed))).toBe(true)
    expect(isClearSigned(Buffer.from(`\r\n\r\n${signed}`))).toBe(true)
    expect(isClearSigned(Buffer.from(`> ${signed}`))).toBe(false)
    expect(isClearSigned(Buffer.from(''))).toBe(false)
  })

  test('changed anywhere is none, or not good, or the same text', async () => {
    const change = fc.record({
      at: fc.nat(signed.length - 1),
      to: fc.constantFrom('\n', '-', ' ', '\f', 'x', '\r', '\0'),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ at, to }) => {
        const read = await verified(signed.slice(0, at) + to + signed.slice(at + 1))
        if (read?.problems.includes(undefined)) expect(read.text).toBe(text)
      }),
    )
  })
})
