import { describe, expect, it } from 'vitest'
import { teaches } from '../../../src/trust/teaches.ts'

describe('a mail of ours', () => {
  for (const [what, sender, recipients, fields, teachesTrust] of [
    ['to a client teaches trust', 'ann@kanzlei.example', 1, [], true],
    [
      'that says it is no automatic answer teaches',
      'ann@kanzlei.example',
      1,
      [['Auto-Submitted', ' no']],
      true,
    ],
    ['from the null sender does not', '', 1, [], false],
    [
      'that is a vacation reply does not',
      'ann@kanzlei.example',
      1,
      [['Auto-Submitted', ' auto-replied']],
      false,
    ],
    ['that is a newsletter does not', 'ann@kanzlei.example', 1, [['Precedence', ' Bulk']], false],
    ['of a mailing list does not', 'ann@kanzlei.example', 1, [['List-Id', ' <x>']], false],
    [
      'that is a delivery report does not',
      'ann@kanzlei.example',
      1,
      [['Content-Type', ' Multipart/Report; x=y']],
      false,
    ],
    ['to many at once does not', 'ann@kanzlei.example', 26, [], false],
  ] as const) {
    it(what, () => {
      expect(
        teaches(
          sender,
          recipients,
          fields.map(([name, value]) => ({ name, value })),
        ),
      ).toBe(teachesTrust)
    })
  }
})
