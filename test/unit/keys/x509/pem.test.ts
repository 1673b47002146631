import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { pemBlocks, pemContent } from '../../../../src/keys/x509/pem.ts'

const armoured = (label: string, base64 = 'AAEC') =>
  `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`

describe('PEM text', () => {
  for (const [what, text, labels] of [
    [
      'gives its blocks in order',
      armoured('PRIVATE KEY') + armoured('CERTIFICATE'),
      ['PRIVATE KEY', 'CERTIFICATE'],
    ],
    ['may hold explanations', `Bag Attributes\n${armoured('CERTIFICATE')}subject=x\n`, ['CERTIFICATE']],
    ['is taken without a line end at its end', armoured('CERTIFICATE').trimEnd(), ['CERTIFICATE']],
    ['that is cut off gives nothing', '-----BEGIN CERTIFICATE-----\nAAEC\n', []],
    ['that ends with another label gives nothing', '-----BEGIN A-----\nAAEC\n-----END B-----\n', []],
    ['that begins twice gives the second', `-----BEGIN CERTIFICATE-----\n${armoured('PKCS7')}`, ['PKCS7']],
    ['without any block gives nothing', 'Guten Tag', []],
  ] as const) {
    it(what, () => {
      expect(pemBlocks(text).map(({ label }) => label)).toEqual(labels)
    })
  }

  it('gives the bytes inside', () => {
    const [block] = pemBlocks(armoured('PKCS7', 'AAEC\r\nAwQF'))
    expect(block && [...pemContent(block)]).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('of a megabyte of openings is done at once', () => {
    expect(pemBlocks(`${'-----BEGIN X-----'.repeat(60_000)}-----END Y-----`)).toEqual([])
  })

  test('gives blocks that stand in it, whatever it is', () => {
    const pieces = fc.constantFrom('-----BEGIN ', '-----END ', 'A', '-----', '\n', 'AAEC')
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
        const text = parts.join('')
        for (const block of pemBlocks(text)) expect(text).toContain(block.text.trimEnd())
      }),
    )
  })
})
