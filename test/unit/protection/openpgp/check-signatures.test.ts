import { describe, expect, it } from 'vitest'
import {
  type CheckedSignature,
  judgeSignatures,
  type SignatureProblem,
} from '../../../../src/protection/openpgp/check-signatures.ts'

const signedAt = new Date('2026-12-01T00:00:00Z')
const by = (addresses: readonly string[], problem?: SignatureProblem): CheckedSignature => ({
  keyId: '0123456789abcdef',
  problem,
  signer: problem === 'unknown-key' ? undefined : { fingerprint: 'ab', addresses },
  signedAt,
})
const dave = 'dave@partner.example'

describe('CVE-2026-2746, CVE-2026-27445: a signature counts only for the exact author', () => {
  for (const [what, signatures, author, verdict] of [
    ['by the author', [by([dave])], dave, ['valid', 'valid']],
    ['by the author, written in capitals', [by([dave])], 'Dave@Partner.Example', ['valid', 'valid']],
    ['by somebody else', [by(['mallory@evil.example'])], dave, ['invalid', 'wrong-address']],
    [
      'by a neighbour in the same domain',
      [by(['carol@partner.example'])],
      dave,
      ['invalid', 'wrong-address'],
    ],
    ['by a key for nobody', [by([])], dave, ['invalid', 'wrong-address']],
    ['in a mail without an author', [by([dave])], undefined, ['invalid', 'wrong-address']],
    ['by an author with blanks', [by([dave])], ' dave@partner.example', ['invalid', 'wrong-address']],
    ['by the author, altered', [by([dave], 'altered')], dave, ['invalid', 'altered']],
    ['by the author with a revoked key', [by([dave], 'key-revoked')], dave, ['invalid', 'key-revoked']],
    ['by a key that nobody knows', [by([], 'unknown-key')], dave, ['invalid', 'unknown-key']],
    ['by the author and by a stranger', [by([], 'unknown-key'), by([dave])], dave, ['valid', 'valid']],
    [
      'by a stranger, and altered by the author',
      [by([], 'unknown-key'), by([dave], 'altered')],
      dave,
      ['invalid', 'altered'],
    ],
  ] as const) {
    it(`${what}: ${verdict.join(', ')}`, () => {
      const judged = judgeSignatures(signatures, author)
      expect([judged?.verdict, judged?.reason]).toEqual(verdict)
      expect(judged?.signedAt).toEqual(signedAt)
    })
  }
  it('none is no verdict', () => {
    expect(judgeSignatures([], dave)).toBeUndefined()
  })
})
